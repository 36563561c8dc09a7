//! The variables of a component: `fermyon:spin/variables` 2.0, `fermyon:spin/config` of Spin 1,
//! `wasi:config/store`, and `spin:variables` 3.0, whose function is asynchronous.

use harness_manifest::variable_name_problem;
use wasmtime::component::Linker;

use crate::bindings::services::fermyon::spin::config;
use crate::bindings::services::fermyon::spin2_0_0::variables::{self, Error};
use crate::bindings::services::wasi::config::store;
use crate::instance::state::State;

impl State {
    fn variable(&self, name: &str) -> Result<String, Error> {
        if let Some(problem) = variable_name_problem(name) {
            return Err(Error::InvalidName(problem));
        }
        let value = self.services.variables.get(name).map(str::to_owned);
        value.ok_or_else(|| {
            Error::Undefined(format!(
                "the component has no variable `{name}`; it has {}",
                listed(self.services.variables.iter().map(|(name, _)| name))
            ))
        })
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

impl variables::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        Ok(self.variable(&name))
    }
}

impl config::Host for State {
    fn get_config(&mut self, key: String) -> wasmtime::Result<Result<String, config::Error>> {
        Ok(self.variable(&key).map_err(|error| match error {
            Error::InvalidName(message) => config::Error::InvalidKey(message),
            Error::Undefined(message) | Error::Other(message) => config::Error::Other(message),
            Error::Provider(message) => config::Error::Provider(message),
        }))
    }
}

/// As in Spin, a name that no variable can have is a key without a value.
impl store::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, store::Error>> {
        Ok(Ok(self.services.variables.get(&key).map(str::to_owned)))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, store::Error>> {
        let variables = self.services.variables.iter();
        Ok(Ok(variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()))
    }
}

/// Adds `spin:variables`, whose types are those of `fermyon:spin/variables`, to the linker of an engine for WASI 0.3.
pub(crate) fn add_asynchronous_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut variables = linker.instance("spin:variables/variables@3.0.0")?;
    variables.func_wrap_concurrent("get", |accessor, (name,): (String,)| {
        let value = accessor.with(|mut access| access.get().variable(&name));
        Box::pin(async move { Ok((value,)) })
    })
}
