//! A compiled and linked component, ready to be instantiated many times.

pub(crate) mod missing_import;

use std::fmt;
use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::bindings::HttpTriggerPre;
use crate::compiled;
use crate::componentize::{World, componentize};
use crate::guest::Guest;
use crate::harness::Runtime;
use crate::inspect::{Compatibility, HarnessSupport, inspect};
use crate::state::State;
use crate::wasi::Wasi;
use crate::wasm_file::WasmKind;
use crate::{Error, ErrorKind, Harness};

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

/// What answers requests.
#[derive(Clone)]
pub(crate) enum Handler {
    /// `fermyon:spin/inbound-http`.
    Spin(HttpTriggerPre<State>),
    /// `wasi:http/incoming-handler` 0.2.
    Wasi(ProxyPre<State>),
    /// `wasi:http/handler` 0.3.
    Wasi0_3(ServicePre<State>),
}

impl Handler {
    /// The interface of our own contract goes first, should a component export both.
    fn of(instance: &InstancePre<State>) -> Option<Self> {
        HttpTriggerPre::new(instance.clone())
            .map(Self::Spin)
            .or_else(|_| ServicePre::new(instance.clone()).map(Self::Wasi0_3))
            .or_else(|_| ProxyPre::new(instance.clone()).map(Self::Wasi))
            .ok()
    }
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
        let component = compiled::load(runtime.engine(), bytes).map_err(|error| {
            invalid(format!("the component cannot be loaded: {error:#}"), error)
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
                    "the component neither answers requests (`fermyon:spin/inbound-http`, or \
                     `wasi:http` 0.2 or 0.3) nor runs as a program (`wasi:cli/run`: {no_command:#}); \
                     it exports {}",
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
                "the component exports neither `fermyon:spin/inbound-http` nor the handler of `wasi:http` 0.2 or 0.3, \
                 so it cannot answer a request; it is a program: `spin-harness run` runs it",
            )
        })
    }

    /// Whether it reads the body of a request, and writes that of its response, piece by piece.
    pub(crate) fn streams(&self) -> bool {
        matches!(self.handler, Some(Handler::Wasi(_) | Handler::Wasi0_3(_)))
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
    let linked = missing_import::define(&mut linker, runtime.engine(), component)
        .and_then(|()| linker.instantiate_pre(component));
    let instance = linked.map_err(|error| {
        invalid(
            format!("the component imports what this harness does not offer: {error:#}"),
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
