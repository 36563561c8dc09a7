//! A compiled and linked component, ready to be instantiated many times.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::bindings::HttpTriggerPre;
use crate::guest::Guest;
use crate::inspect::{Outlook, inspect};
use crate::state::State;
use crate::wasm_file::{Form, form};
use crate::{Error, ErrorKind, Harness};

/// A component that the harness can run. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    harness: Harness,
    http_trigger: Option<HttpTriggerPre<State>>,
    command: Option<CommandPre<State>>,
    missing_imports: Arc<[String]>,
}

impl Component {
    pub(crate) fn load(harness: &Harness, bytes: &[u8]) -> Result<Self, Error> {
        check_form(bytes)?;
        let component = wasmtime::component::Component::from_binary(harness.engine(), bytes)
            .map_err(|error| {
                invalid(format!("the component cannot be loaded: {error:#}"), error)
            })?;
        let (instance, missing_imports) = match harness.linker().instantiate_pre(&component) {
            Ok(instance) => (instance, Vec::new()),
            Err(_) => link_with_traps(harness, bytes, &component)?,
        };
        let http_trigger = HttpTriggerPre::new(instance.clone());
        let command = CommandPre::new(instance);
        if let (Err(no_http_trigger), Err(no_command)) = (&http_trigger, &command) {
            return Err(Error::new(
                ErrorKind::InvalidComponent,
                format!(
                    "the component neither answers requests (`fermyon:spin/inbound-http`: {no_http_trigger:#}) nor \
                     runs as a program (`wasi:cli/run`: {no_command:#}); it exports {}",
                    exports(harness, &component)
                ),
            ));
        }
        Ok(Self {
            harness: harness.clone(),
            http_trigger: http_trigger.ok(),
            command: command.ok(),
            missing_imports: missing_imports.into(),
        })
    }

    /// What the component imports and this harness does not have, such as `fermyon:spin/key-value`.
    /// A call of one of them is a trap that names it.
    #[must_use]
    pub fn missing_imports(&self) -> &[String] {
        &self.missing_imports
    }

    /// The component with a name for the log, to be given permissions and surroundings.
    #[must_use]
    pub fn guest(&self, name: impl Into<String>) -> Guest {
        let guest = Guest::new(self.clone(), name.into());
        guest.warn_of_missing_imports();
        guest
    }

    pub(crate) fn harness(&self) -> &Harness {
        &self.harness
    }

    pub(crate) fn http_trigger(&self) -> Result<&HttpTriggerPre<State>, Error> {
        self.http_trigger.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidComponent,
                "the component does not export `fermyon:spin/inbound-http`, so it cannot answer a request; \
                 it is a program: `spin-harness run` runs it",
            )
        })
    }

    pub(crate) fn command(&self) -> Result<&CommandPre<State>, Error> {
        self.command.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidComponent,
                "the component does not export `wasi:cli/run`, so it cannot be run as a program; \
                 it answers requests: `spin-harness request` sends it one",
            )
        })
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Component")
            .field("http_trigger", &self.http_trigger.is_some())
            .field("command", &self.command.is_some())
            .finish_non_exhaustive()
    }
}

/// Tells a core module and a file of another kind from a component, for a better message than a parser's.
fn check_form(bytes: &[u8]) -> Result<(), Error> {
    let message = match form(bytes) {
        Ok(Form::Component) => return Ok(()),
        Ok(Form::CoreModule) => {
            "this is a core module and not a component: build it for wasm32-wasip2, or make a component of it with \
             `spin-harness componentize`"
        }
        Err(message) => message,
    };
    Err(Error::new(ErrorKind::InvalidComponent, message))
}

/// Links what the harness has, and a trap for each import that it does not have: a component may
/// import what it calls in rare cases only.
fn link_with_traps(
    harness: &Harness,
    bytes: &[u8],
    component: &wasmtime::component::Component,
) -> Result<(InstancePre<State>, Vec<String>), Error> {
    let missing_imports = match inspect(bytes)?.outlook {
        Outlook::Component { harness, .. } => harness.missing_imports,
        Outlook::CoreModule { .. } => Vec::new(),
    };
    let mut linker = harness.linker().clone();
    let linked = linker
        .define_unknown_imports_as_traps(component)
        .and_then(|()| linker.instantiate_pre(component));
    let instance = linked.map_err(|error| {
        invalid(
            format!("the component imports what this harness does not offer: {error:#}"),
            error,
        )
    })?;
    Ok((instance, missing_imports))
}

fn exports(harness: &Harness, component: &wasmtime::component::Component) -> String {
    let names: Vec<String> = component
        .component_type()
        .exports(harness.engine())
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

fn invalid(message: String, source: wasmtime::Error) -> Error {
    Error::new(ErrorKind::InvalidComponent, message).with_source(source)
}
