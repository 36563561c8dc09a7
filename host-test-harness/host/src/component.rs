//! A compiled and linked component, ready to be instantiated many times.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::componentize::{World, componentize};
use crate::exports::Handler;
use crate::guest::Guest;
use crate::harness::Runtime;
use crate::imports::missing;
use crate::inspect::{Compatibility, HarnessSupport, inspect};
use crate::instance::state::State;
use crate::instance::wasi::Wasi;
use crate::wasm_file::WasmKind;
use crate::{Compiler, Error, ErrorKind, Harness};

/// A component that the harness can run. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    harness: Harness,
    wasi: Wasi,
    engine: wasmtime::Engine,
    handler: Option<Handler>,
    command: Option<CommandPre<State>>,
    missing_imports: Arc<[String]>,
}

impl Component {
    pub(crate) fn load(harness: &Harness, bytes: &[u8]) -> Result<Self, Error> {
        let component = match WasmKind::of(bytes) {
            Ok(WasmKind::Component) => return Self::load_component(harness, bytes),
            Ok(WasmKind::CoreModule) => {
                componentize(bytes, &World::FromModule).map_err(not_runnable)?
            }
            Err(message) => return Err(Error::new(ErrorKind::InvalidComponent, message)),
        };
        Self::load_component(harness, &component)
    }

    fn load_component(harness: &Harness, bytes: &[u8]) -> Result<Self, Error> {
        let wasi = Wasi::of(bytes);
        let runtime = harness.runtime(wasi)?;
        let component = harness
            .code_cache()
            .load(runtime.engine(), bytes)
            .map_err(|error| {
                let advice = match harness.compiler() {
                    Compiler::Cranelift => "",
                    Compiler::Winch => {
                        "; Winch cannot compile every component: use Cranelift, the default (`--compiler cranelift`)"
                    }
                };
                let message = format!("the component cannot be loaded: {error:#}{advice}");
                invalid(message, error)
            })?;
        let (instance, missing_imports) = match runtime.linker().instantiate_pre(&component) {
            Ok(instance) => (instance, Vec::new()),
            Err(_) => link_with_traps(runtime, bytes, &component)?,
        };
        let handler = Handler::of(&instance);
        let command = CommandPre::new(instance);
        if let (None, Err(no_command)) = (&handler, &command) {
            if let Some(advice) = support(bytes)?.rebuild {
                return Err(Error::new(ErrorKind::InvalidComponent, advice));
            }
            return Err(Error::new(
                ErrorKind::InvalidComponent,
                format!(
                    "the component exports neither a handler of HTTP requests (`fermyon:spin/inbound-http`, or \
                     `wasi:http` 0.2 or 0.3) nor a program (`wasi:cli/run`: {no_command:#}); it exports {}",
                    exports(&component)
                ),
            ));
        }
        Ok(Self {
            harness: harness.clone(),
            wasi,
            engine: runtime.engine().clone(),
            handler,
            command: command.ok(),
            missing_imports: missing_imports.into(),
        })
    }

    /// The imports that this harness does not have, such as `fermyon:spin/sqlite`. A call to one of them is a
    /// trap that names it.
    #[must_use]
    pub fn missing_imports(&self) -> &[String] {
        &self.missing_imports
    }

    /// The component as a guest, with a name for the log and without permissions.
    #[must_use]
    pub fn guest(&self, name: impl Into<String>) -> Guest {
        Guest::new(self.clone(), name.into())
    }

    pub(crate) fn harness(&self) -> &Harness {
        &self.harness
    }

    pub(crate) fn wasi(&self) -> Wasi {
        self.wasi
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    pub(crate) fn handler(&self) -> Result<&Handler, Error> {
        self.handler.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidComponent,
                "the component exports no handler of HTTP requests (`fermyon:spin/inbound-http`, or `wasi:http` 0.2 or \
                 0.3); it is a program: `spin-harness run` runs it",
            )
        })
    }

    /// Whether the handler streams bodies (`wasi:http`), or buffers them (`fermyon:spin`).
    pub(crate) fn streams(&self) -> bool {
        self.handler.as_ref().is_some_and(Handler::streams)
    }

    pub(crate) fn command(&self) -> Result<&CommandPre<State>, Error> {
        self.command.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidComponent,
                "the component does not export `wasi:cli/run`, so it is not a program; it handles requests: \
                 `spin-harness request` sends it one",
            )
        })
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Component")
            .field("handler", &self.handler.is_some())
            .field("command", &self.command.is_some())
            .finish_non_exhaustive()
    }
}

/// A core module runs as the component that it becomes, as in Spin; or it does not become one.
fn not_runnable(error: Error) -> Error {
    let message = format!("this is a core module, and it cannot become a component: {error}");
    Error::new(ErrorKind::InvalidComponent, message).with_source(error)
}

/// Links what the harness has, and a trap for each import that it does not have.
fn link_with_traps(
    runtime: &Runtime,
    bytes: &[u8],
    component: &wasmtime::component::Component,
) -> Result<(InstancePre<State>, Vec<String>), Error> {
    let support = support(bytes)?;
    if let Some(advice) = support.rebuild {
        return Err(Error::new(ErrorKind::InvalidComponent, advice));
    }
    let mut linker = runtime.linker().clone();
    let linked = missing::define(&mut linker, runtime.engine(), component)
        .and_then(|()| linker.instantiate_pre(component));
    let instance = linked.map_err(|error| {
        invalid(
            format!("an import of the component does not fit this harness: {error:#}"),
            error,
        )
    })?;
    Ok((instance, support.missing_imports))
}

/// What the harness can do with a component.
fn support(bytes: &[u8]) -> Result<HarnessSupport, Error> {
    match inspect(bytes)?.compatibility {
        Compatibility::Component { harness, .. } => Ok(harness),
        Compatibility::CoreModule { .. } => Err(Error::new(
            ErrorKind::InvalidComponent,
            "this is a core module",
        )),
    }
}

fn exports(component: &wasmtime::component::Component) -> String {
    let names: Vec<String> = component
        .component_type()
        .exports(component.engine())
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
