//! The harness: what components and invocations share.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use harness_outbound::mocks::{Mocks, MocksLayer};
#[cfg(feature = "har")]
use harness_outbound::recording::Recording;
use harness_outbound::{
    Abandoned, Body, CallContext, Direct, Exchange, Network, Observer, Transport,
};
use http::Request;
use outbound_policy::{BlockedNetworks, Origin, Scheme};
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::HttpTrigger;
use crate::bindings::services::Services;
use crate::component::Component;
use crate::file::with_file;
use crate::imports::{variables, wasi_http};
use crate::inbound::InboundRecords;
#[cfg(feature = "har")]
use crate::inbound::requested_url;
use crate::instance::code_cache::{self, CodeCache};
use crate::instance::engine::{Compiler, Engine};
use crate::instance::state::State;
use crate::instance::wasi::Wasi;
use crate::stdio::{OutputObserver, Written};
use crate::{Error, ErrorKind, Limits};

/// Runs components: one pool of instances, one linker, one pool of connections.
///
/// A harness is cheap to clone, and serves any number of components and concurrent invocations.
///
/// Its calls work in any tokio runtime with I/O and time enabled, multi-threaded or not; outside of one they run on a
/// runtime that is started for them. A pooled connection belongs to the runtime that opened it, and is replaced when
/// that runtime has ended. A guest that computes holds its thread, so only a multi-threaded runtime serves others
/// meanwhile.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use spin_harness::{AllowList, Harness};
///
/// let harness = Harness::builder().build()?;
/// let component = harness.load_file("app.wasm")?;
/// let guest = component
///     .guest("app")
///     .allow_list(AllowList::from_allowed_http_hosts(["api.test"])?)
///     .env("GREETING", "hello");
/// let response = guest.get("/").await?;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Harness(Arc<Shared>);

struct Shared {
    limits: Arc<Limits>,
    blocked_networks: Arc<BlockedNetworks>,
    transport: Arc<dyn Transport>,
    mocks: Option<MocksLayer>,
    observers: Vec<Observer>,
    #[cfg(feature = "har")]
    recordings: Vec<Recording>,
    #[cfg(feature = "har")]
    inbound_recordings: Vec<Recording>,
    output_observers: Arc<[OutputObserver]>,
    code_cache: code_cache::Folder,
    compiler: Compiler,
    runtime: Runtime,
    /// For guests of WASI 0.3; created when the first of them is loaded.
    concurrent_runtime: OnceLock<Runtime>,
    abandoned: Abandoned,
}

/// An engine, and the imports that it offers.
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

    /// Compiles and links a component, or a core module that is [componentized](crate::componentize) first.
    ///
    /// Compiling takes up to half a minute for a component in JavaScript or Python; the code is kept in the
    /// [`CodeCache`], and the next load takes milliseconds. The call blocks its thread: in async code, wrap it in
    /// `tokio::task::spawn_blocking`.
    ///
    /// ```no_run
    /// # async fn example(harness: spin_harness::Harness) -> Result<(), Box<dyn std::error::Error>> {
    /// let component = tokio::task::spawn_blocking(move || harness.load_file("app.wasm")).await??;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the bytes are neither a component nor a core module that can be
    /// componentized, if an import does not fit the harness, or if the component exports none of
    /// `fermyon:spin/inbound-http`, `wasi:http/incoming-handler` 0.2, `wasi:http/handler` 0.3 and `wasi:cli/run` 0.2.
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

    /// The transport of guests that are given none: in process for the components of their application, and over the
    /// harness's network for upstreams. A transport that wraps it can be set with [`Guest::transport`].
    ///
    /// [`Guest::transport`]: crate::Guest::transport
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.0.transport)
    }

    /// The folder of the [`CodeCache`]; `None` if it is off, or if the user has no home folder.
    #[must_use]
    pub fn code_cache_folder(&self) -> Option<&Path> {
        self.0.code_cache.path()
    }

    /// The limits of every invocation.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn limits_shared(&self) -> Arc<Limits> {
        Arc::clone(&self.0.limits)
    }

    pub(crate) fn blocked_networks(&self) -> &Arc<BlockedNetworks> {
        &self.0.blocked_networks
    }

    /// The mocks in the transport.
    pub(crate) fn mocks(&self) -> Option<&MocksLayer> {
        self.0.mocks.as_ref()
    }

    /// What records every guest.
    #[cfg(feature = "har")]
    pub(crate) fn recordings(&self) -> &[Recording] {
        &self.0.recordings
    }

    /// Records a request that `component` receives in each recording of such requests. `context` is the start of the chain
    /// of calls that it leads to.
    #[cfg_attr(
        not(feature = "har"),
        expect(unused_variables, reason = "nothing is recorded")
    )]
    pub(crate) fn record_inbound(
        &self,
        context: &CallContext,
        component: Option<&str>,
        request: Request<Body>,
    ) -> (Request<Body>, InboundRecords) {
        #[cfg(feature = "har")]
        if !self.0.inbound_recordings.is_empty() {
            let url = requested_url(&request, context.origin());
            let recordings = &self.0.inbound_recordings;
            let (mut request, mut records) = (request, Vec::with_capacity(recordings.len()));
            for recording in recordings {
                let (recorded, record) = recording.inbound(context, component, &url, request);
                request = recorded;
                records.push(record);
            }
            return (request, InboundRecords { records });
        }
        (request, InboundRecords::default())
    }

    /// Waits until every request whose future, or whose response, was dropped has ended: until then its outbound calls may
    /// not have been reported. Requests that are still awaited are not waited for.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(app: spin_harness::Application) {
    /// // The client gives up after a second.
    /// let response = tokio::time::timeout(Duration::from_secs(1), app.get("/slow")).await;
    /// app.harness().abandoned_ended().await;
    /// // Now every call of the request is in the recordings, and known to the observers.
    /// # }
    /// ```
    pub async fn abandoned_ended(&self) {
        self.0.abandoned.all_ended().await;
    }

    pub(crate) fn abandoned(&self) -> &Abandoned {
        &self.0.abandoned
    }

    pub(crate) fn observers(&self) -> &[Observer] {
        &self.0.observers
    }

    pub(crate) fn output_observers(&self) -> &Arc<[OutputObserver]> {
        &self.0.output_observers
    }

    pub(crate) fn compiler(&self) -> Compiler {
        self.0.compiler
    }

    pub(crate) fn code_cache(&self) -> &code_cache::Folder {
        &self.0.code_cache
    }

    /// The engine for components of `wasi`.
    pub(crate) fn runtime(&self, wasi: Wasi) -> Result<&Runtime, Error> {
        let concurrent = &self.0.concurrent_runtime;
        match (wasi, concurrent.get()) {
            (Wasi::P2, _) => Ok(&self.0.runtime),
            (Wasi::P3, Some(runtime)) => Ok(runtime),
            (Wasi::P3, None) => {
                let runtime =
                    Runtime::new(&self.0.limits, wasi, self.0.compiler, &self.0.code_cache)?;
                Ok(concurrent.get_or_init(|| runtime))
            }
        }
    }
}

impl Runtime {
    fn new(
        limits: &Limits,
        wasi: Wasi,
        compiler: Compiler,
        code_cache: &code_cache::Folder,
    ) -> Result<Self, Error> {
        let engine = Engine::new(limits, wasi, compiler, code_cache.functions())?;
        let linker = linker(engine.wasmtime(), wasi).map_err(|error| {
            Error::new(ErrorKind::Engine, "the host's imports cannot be linked").with_source(error)
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
    /// The files of `root_certificates`; `None` for bytes.
    root_certificate_files: Vec<Option<PathBuf>>,
    blocked_networks: BlockedNetworks,
    observers: Vec<Observer>,
    code_cache: CodeCache,
    compiler: Compiler,
    h2c_origins: Vec<Origin>,
    mocks: Option<MocksLayer>,
    #[cfg(feature = "har")]
    recordings: Vec<Recording>,
    #[cfg(feature = "har")]
    inbound_recordings: Vec<Recording>,
    output_observers: Vec<OutputObserver>,
}

impl HarnessBuilder {
    /// Sets the limits. Defaults to [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Trusts the certificates of a PEM file beside the system's. Can be repeated. Defaults to none.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self.root_certificate_files.push(None);
        self
    }

    /// [`Self::root_certificates`] for a file, which the error of [`Self::build`] names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file cannot be read; it names the file.
    pub fn root_certificate_file(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let pem = with_file(path, |pem| Ok(pem.to_vec()))?;
        self.root_certificates.push(pem);
        self.root_certificate_files.push(Some(path.to_owned()));
        Ok(self)
    }

    /// Sets the networks that no guest may reach, whatever its allow-list permits. An address in a URL is checked with
    /// the allow-list; a resolved address is checked before it is dialled, by the network only. In-process calls open
    /// no connection and are not checked. Defaults to none.
    #[must_use]
    pub fn blocked_networks(mut self, blocked: BlockedNetworks) -> Self {
        self.blocked_networks = blocked;
        self
    }

    /// Calls `observer` after each outbound exchange of every guest, denied and failed ones included. Defaults to
    /// none.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Speaks HTTP/2 without TLS (h2c, with prior knowledge) with this `http` origin, as gRPC servers without TLS expect.
    /// Can be repeated. Defaults to HTTP/1.1; with TLS, HTTP/2 is negotiated (ALPN).
    #[must_use]
    pub fn h2c(mut self, origin: Origin) -> Self {
        self.h2c_origins.push(origin);
        self
    }

    /// Lets `mocks` answer the outbound calls of every guest, before they reach the network or a component of the same
    /// application. Defaults to none.
    #[must_use]
    pub fn mocks(mut self, mocks: &Mocks) -> Self {
        self.mocks = Some(mocks.layer());
        self
    }

    /// Records the outbound exchanges of every guest, denied and failed ones included, or replays them, as the recording
    /// says. Can be repeated: a later recording has what an earlier one replays. Defaults to no recording.
    #[cfg(feature = "har")]
    #[must_use]
    pub fn record(mut self, recording: &Recording) -> Self {
        self.recordings.push(recording.clone());
        self
    }

    /// Records the requests that guests receive from outside, and their responses. With the recording of
    /// [`record`](Self::record), each outbound exchange has the number of the inbound one that led to it,
    /// [`RecordedExchange::chain`](harness_outbound::recording::RecordedExchange::chain). Can be repeated. Defaults to no
    /// recording.
    #[cfg(feature = "har")]
    #[must_use]
    pub fn record_inbound(mut self, recording: &Recording) -> Self {
        self.inbound_recordings.push(recording.clone());
        self
    }

    /// Calls `observer` with what every guest writes to stdout and stderr, beside the destination that
    /// [`Guest::stdout`](crate::Guest::stdout) and [`Guest::stderr`](crate::Guest::stderr) set. Defaults to none.
    #[must_use]
    pub fn observe_output(
        mut self,
        observer: impl Fn(&Written<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.output_observers.push(Arc::new(observer));
        self
    }

    /// Sets where compiled code is kept. Defaults to [`CodeCache::User`].
    #[must_use]
    pub fn code_cache(mut self, code_cache: CodeCache) -> Self {
        self.code_cache = code_cache;
        self
    }

    /// Sets what compiles components. Defaults to [`Compiler::Cranelift`].
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if a limit is out of range, a certificate cannot be used, or an origin of
    /// [`h2c`](Self::h2c) is `https`;
    /// [`ErrorKind::Engine`] if the engine cannot reserve the address space of its instances.
    pub fn build(self) -> Result<Harness, Error> {
        self.limits.check()?;
        if let Some(origin) = self
            .h2c_origins
            .iter()
            .find(|origin| origin.scheme() == Scheme::Https)
        {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!(
                    "{origin}: h2c is HTTP/2 without TLS, so its origins are `http`; with `https`, HTTP/2 is negotiated \
                     (ALPN) without an option"
                ),
            ));
        }
        let code_cache = code_cache::Folder::of(self.code_cache);
        let runtime = Runtime::new(&self.limits, Wasi::P2, self.compiler, &code_cache)?;
        let blocked_networks = Arc::new(self.blocked_networks);
        let network = Network::new(
            &self.limits.of_calls(),
            &self.root_certificates,
            &blocked_networks,
        )
        .map_err(|error| {
            let file = self.root_certificate_files.get(error.index());
            let file = file.and_then(Option::as_deref);
            let error = Error::new(ErrorKind::InvalidOption, error.to_string()).with_source(error);
            match file {
                Some(file) => error.in_file(file),
                None => error,
            }
        })?;
        let network = network.h2c(self.h2c_origins);
        let direct: Arc<dyn Transport> = Arc::new(Direct::new(Arc::new(network)));
        let transport = match &self.mocks {
            Some(mocks) => mocks.clone().transport(direct),
            None => direct,
        };
        Ok(Harness(Arc::new(Shared {
            limits: Arc::new(self.limits),
            blocked_networks,
            transport,
            mocks: self.mocks,
            observers: self.observers,
            #[cfg(feature = "har")]
            recordings: self.recordings,
            #[cfg(feature = "har")]
            inbound_recordings: self.inbound_recordings,
            output_observers: self.output_observers.into(),
            code_cache,
            compiler: self.compiler,
            runtime,
            concurrent_runtime: OnceLock::new(),
            abandoned: Abandoned::default(),
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

/// Everything that a guest can import: WASI (its context denies sockets), outbound calls, variables and key-value stores.
fn linker(engine: &wasmtime::Engine, wasi: Wasi) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    HttpTrigger::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    wasi_http::p2::add_to_linker(&mut linker)?;
    Services::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    if wasi == Wasi::P3 {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasi_http::p3::add_to_linker(&mut linker)?;
        variables::add_asynchronous_to_linker(&mut linker)?;
    }
    Ok(linker)
}
