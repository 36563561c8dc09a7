//! The harness: what many components and many invocations share.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use outbound_policy::BlockedNetworks;
use wasmtime::component::Linker;

use crate::bindings::HttpTrigger;
use crate::component::Component;
use crate::engine::Engine;
use crate::exchange::{Exchange, Observer};
use crate::file::with_file;
use crate::outbound::network::Network;
use crate::state::State;
use crate::wasi::Wasi;
use crate::{Error, ErrorKind, Limits, wasi_http};

/// Runs components: one pool of instances, one linker, one pool of connections.
///
/// A harness is cheap to clone, and serves any number of components and concurrent invocations.
/// Its calls must be made inside a multi-threaded tokio runtime.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use bytes::Bytes;
/// use spin_harness::{AllowList, Harness};
///
/// let harness = Harness::builder().build()?;
/// let component = harness.load_file("app.wasm")?;
/// let guest = component
///     .guest("app")
///     .allow_list(AllowList::from_allowed_http_hosts(["api.test"])?)
///     .env("GREETING", "hello");
/// let response = guest.handle(http::Request::get("/").body(Bytes::new())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Harness(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    pub(crate) observer: Option<Observer>,
    runtime: Runtime,
    /// For guests of WASI 0.3, from the first of them on.
    concurrent_runtime: OnceLock<Runtime>,
}

/// An engine, and what its guests can reach.
pub(crate) struct Runtime {
    engine: Engine,
    linker: Linker<State>,
}

impl Harness {
    /// A builder with the default [`Limits`].
    #[must_use]
    pub fn builder() -> HarnessBuilder {
        HarnessBuilder::default()
    }

    /// Compiles and links a component, or the one that a core module becomes by [`componentize`](crate::componentize).
    ///
    /// The compiled code is kept in the user's cache folder (`$XDG_CACHE_HOME/spin-harness`, else `~/.cache`), and
    /// mapped when it is loaded again. All of it together takes at most 1 GiB; it may be removed at any time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the bytes are no component and do not become one, if it imports what the harness
    /// does not have, or if it exports none of `fermyon:spin/inbound-http`, `wasi:http/incoming-handler` 0.2,
    /// `wasi:http/handler` 0.3 and `wasi:cli/run` 0.2.
    pub fn load(&self, bytes: &[u8]) -> Result<Component, Error> {
        Component::load(self, bytes)
    }

    /// [`Harness::load`] for a file.
    ///
    /// # Errors
    ///
    /// As [`Harness::load`], and [`ErrorKind::Io`] if the file cannot be read; both name the file.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Component, Error> {
        with_file(path.as_ref(), |bytes| self.load(bytes))
    }

    /// The limits that hold for every invocation.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// What runs components of `wasi`.
    pub(crate) fn runtime(&self, wasi: Wasi) -> Result<&Runtime, Error> {
        let concurrent = &self.0.concurrent_runtime;
        match (wasi, concurrent.get()) {
            (Wasi::V0_2, _) => Ok(&self.0.runtime),
            (Wasi::V0_3, Some(runtime)) => Ok(runtime),
            (Wasi::V0_3, None) => {
                let runtime = Runtime::new(&self.0.limits, wasi)?;
                Ok(concurrent.get_or_init(|| runtime))
            }
        }
    }
}

impl Runtime {
    fn new(limits: &Limits, wasi: Wasi) -> Result<Self, Error> {
        let engine = Engine::new(limits, wasi)?;
        let linker = linker(engine.wasmtime(), wasi).map_err(|error| {
            Error::new(
                ErrorKind::InvalidOption,
                "the host's imports cannot be linked",
            )
            .with_source(error)
        })?;
        Ok(Self { engine, linker })
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        self.engine.wasmtime()
    }

    pub(crate) fn linker(&self) -> &Linker<State> {
        &self.linker
    }
}

impl fmt::Debug for Harness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Harness")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// Options of a [`Harness`].
#[derive(Default)]
pub struct HarnessBuilder {
    limits: Limits,
    root_certificates: Vec<Vec<u8>>,
    blocked_networks: BlockedNetworks,
    observer: Option<Observer>,
}

impl HarnessBuilder {
    /// Sets the limits. Defaults to [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Trusts the certificates of a PEM file beside those of the system. Defaults to none.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets the networks that no guest may reach, whatever its allow-list says: each address is checked
    /// after name resolution, and the address that was checked is the one that is dialled. Calls in
    /// process open no connection and are not concerned. Defaults to none.
    #[must_use]
    pub fn blocked_networks(mut self, blocked: BlockedNetworks) -> Self {
        self.blocked_networks = blocked;
        self
    }

    /// Calls `observer` after each outbound exchange, denied and failed ones included. Defaults to none.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if a limit is out of its range, if a certificate cannot be read,
    /// or if the engine cannot reserve the address space for its instances.
    pub fn build(self) -> Result<Harness, Error> {
        self.limits.check()?;
        let runtime = Runtime::new(&self.limits, Wasi::V0_2)?;
        let network = Network::new(&self.limits, &self.root_certificates, self.blocked_networks)?;
        Ok(Harness(Arc::new(Shared {
            limits: self.limits,
            network,
            observer: self.observer,
            runtime,
            concurrent_runtime: OnceLock::new(),
        })))
    }
}

impl fmt::Debug for HarnessBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HarnessBuilder")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// All that a guest can reach: WASI (whose sockets are denied by its context), and outbound calls by either import.
fn linker(engine: &wasmtime::Engine, wasi: Wasi) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    HttpTrigger::add_to_linker::<State, wasmtime::component::HasSelf<State>>(
        &mut linker,
        |state| state,
    )?;
    wasi_http::add_to_linker(&mut linker)?;
    if wasi == Wasi::V0_3 {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasi_http::version_0_3::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}
