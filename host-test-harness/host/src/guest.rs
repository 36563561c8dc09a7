//! A component with its name, permissions and environment, and the calls that it handles.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, PoisonError};

use bytes::Bytes;
#[cfg(feature = "har")]
use harness_outbound::recording::Recording;
use harness_outbound::{
    Body, BoxFuture, CallContext, Caller, Exchange, OutboundCalls, Peer, PeerError, PeerResponse,
    Peers, SelfCalls, Transport,
};
use outbound_policy::{AllowList, Origin, Usage, redacted};
use tempfile::TempDir;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx};

use crate::chain::{handle_to_end, handle_to_head};
use crate::component::Component;
use crate::exports::{self, Handler};
use crate::imports::key_value::KeyValueAccess;
use crate::instance::clocks::{MonotonicClock, WallClock};
use crate::instance::invocation::{Identity, Invocation};
use crate::instance::state::Services;
use crate::instance::wasi::Wasi;
use crate::stdio::{GuestOutput, Output, OutputBuffer, STDERR_TAIL_BYTES, Stream};
use crate::task::{in_task, within};
use crate::{Error, ErrorKind, Harness, KeyValue};

/// The origin of `self` requests of a guest without an application. Nothing listens there and nothing is dialled.
pub(crate) static DEFAULT_ORIGIN: LazyLock<Origin> =
    LazyLock::new(|| Origin::parse("http://localhost").expect("the literal is an origin"));

/// A configured guest. Cheap to clone; every invocation gets a fresh instance.
#[derive(Debug, Clone)]
pub struct Guest {
    component: Component,
    config: Arc<Config>,
}

#[derive(Debug, Clone)]
struct Config {
    caller: Arc<Caller>,
    transport: Unrecorded,
    #[cfg(feature = "har")]
    recordings: Vec<Recording>,
    env: Vec<(String, String)>,
    services: Services,
    folders: Vec<(PathBuf, String)>,
    /// A folder of `folders`, which is removed with the guest.
    staged_files: Option<Arc<TempDir>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

/// The transport of a caller, without the recording around it.
#[derive(Clone)]
struct Unrecorded(Arc<dyn Transport>);

impl fmt::Debug for Unrecorded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Unrecorded").finish_non_exhaustive()
    }
}

/// Where a guest's stdin comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Input {
    /// Nowhere: stdin is at its end. The default.
    #[default]
    Empty,
    /// The stdin of this process.
    Stdin,
    /// These bytes.
    Bytes(Bytes),
}

impl Guest {
    pub(crate) fn new(component: Component, name: String) -> Self {
        let harness = component.harness();
        let caller = Caller {
            name: name.into(),
            allow_list: AllowList::deny_all(),
            usage: Arc::default(),
            self_calls: None,
            blocked_networks: Arc::clone(harness.blocked_networks()),
            transport: harness.transport(),
            observers: harness.observers().to_vec(),
            limits: harness.limits().of_calls(),
        };
        #[cfg(feature = "har")]
        let recordings = harness.recordings().to_vec();
        let config = Config {
            caller: Arc::new(caller),
            transport: Unrecorded(harness.transport()),
            #[cfg(feature = "har")]
            recordings: Vec::new(),
            env: Vec::new(),
            services: Services::default(),
            folders: Vec::new(),
            staged_files: None,
            stdin: Input::default(),
            stdout: Output::default(),
            stderr: Output::default(),
        };
        let guest = Self {
            component,
            config: Arc::new(config),
        };
        #[cfg(feature = "har")]
        let guest = recordings.iter().fold(guest, Self::record);
        guest.self_calls(SelfCalls::default())
    }

    fn config(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    fn caller(&mut self) -> &mut Caller {
        Arc::make_mut(&mut self.config().caller)
    }

    /// Sets the guest's permissions. Defaults to none.
    #[must_use]
    pub fn allow_list(mut self, allow_list: AllowList) -> Self {
        let caller = self.caller();
        caller.allow_list = allow_list;
        caller.usage = Arc::default();
        self
    }

    /// Sets where `self` requests go. Defaults to [`SelfCalls::InProcess`]. A component that handles no requests has
    /// no `self` in process: such a URI is `invalid-url`.
    #[must_use]
    pub fn self_calls(mut self, self_calls: SelfCalls) -> Self {
        let handles_requests = self.component.handler().is_ok();
        self.caller().self_calls = match self_calls {
            SelfCalls::InProcess => handles_requests.then_some(SelfCalls::InProcess),
            SelfCalls::Origin(_) => Some(self_calls),
        };
        self
    }

    /// Sets what performs the exchanges that the guest's permissions allow. Defaults to [`Harness::transport`].
    ///
    /// The transport gets every exchange of the guest, in-process calls and redirect hops included, after it was
    /// evaluated: a mock never hides a missing permission.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.config().transport = Unrecorded(Arc::clone(&transport));
        #[cfg(feature = "har")]
        let transport = (self.config.recordings.iter())
            .fold(transport, |inner, recording| recording.transport(inner));
        self.caller().transport = transport;
        self
    }

    /// Records the outbound exchanges of this guest, or replays them, as the recording says. Can be repeated. Defaults to
    /// the recordings of the harness.
    #[cfg(feature = "har")]
    #[must_use]
    pub fn record(mut self, recording: &Recording) -> Self {
        recording.attach(self.caller());
        self.config().recordings.push(recording.clone());
        self
    }

    /// Puts a transport in front of the guest's own.
    pub(crate) fn through(
        self,
        in_front: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>,
    ) -> Self {
        let transport = in_front(Arc::clone(&self.config.transport.0));
        self.transport(transport)
    }

    /// The key-value stores, of which the guest may open some.
    pub(crate) fn stores(&self) -> &KeyValue {
        &self.config.services.key_value.stores
    }

    /// Calls `observer` after each outbound exchange of this guest, denied and failed ones included, after the
    /// observers of the harness. Defaults to none.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.caller().observers.push(Arc::new(observer));
        self
    }

    /// Sets an environment variable. Defaults to none: the guest does not see this process's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        let env = &mut self.config().env;
        env.retain(|(known, _)| *known != name);
        env.push((name, value.into()));
        self
    }

    /// Sets a variable, which the guest reads by `fermyon:spin/variables`, `spin:variables`, `wasi:config/store` or
    /// `fermyon:spin/config`. Defaults to none.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.config().services.variables).set(name, value);
        self
    }

    /// Lets the guest open the key-value stores of `stores` that have one of `labels`, such as `default`.
    /// Defaults to none.
    #[must_use]
    pub fn key_value<I>(mut self, stores: &KeyValue, labels: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.config().services.key_value = KeyValueAccess {
            stores: stores.clone(),
            labels: Arc::new(labels.into_iter().map(Into::into).collect()),
        };
        self
    }

    /// Lets the guest read a folder of this machine as `path` (`/`, `/data`). Defaults to none.
    ///
    /// The guest cannot write to it, nor leave it by `..` or a symbolic link.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>, path: impl Into<String>) -> Self {
        self.config().folders.push((folder.into(), path.into()));
        self
    }

    /// Lets the guest read `folder`, which is removed with the last clone of the guest, as `/`.
    pub(crate) fn staged(mut self, folder: TempDir) -> Self {
        let path = folder.path().to_owned();
        self.config().staged_files = Some(Arc::new(folder));
        self.folder(path, "/")
    }

    /// Sets where stdin comes from. Defaults to [`Input::Empty`].
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.config().stdin = input;
        self
    }

    /// Sets where stdout goes. Defaults to [`Output::Discard`].
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.config().stdout = output;
        self
    }

    /// Sets where stderr goes. Defaults to [`Output::Discard`]; an [`Error`] keeps its end all the same.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.config().stderr = output;
        self
    }

    /// The guest's name in the log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.caller.name
    }

    /// The guest's permissions.
    #[must_use]
    pub fn permissions(&self) -> &AllowList {
        &self.config.caller.allow_list
    }

    /// The calls so far under [`Guest::permissions`]: which entries were never used, and which list would have been
    /// enough. Clones of a guest share it.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let usage = self.config.caller.usage.lock();
        usage.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a GET request with an empty body to a fresh instance. See [`Guest::handle`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if `uri` is not a URI, and the errors of [`Guest::handle`].
    pub async fn get(&self, uri: impl AsRef<str>) -> Result<http::Response<Bytes>, Error> {
        self.handle(get_request(uri.as_ref())?).await
    }

    /// Sends one request to a fresh instance, in memory, and returns the whole response.
    ///
    /// The guest gets path and query, the headers unchanged, and the body. A method that
    /// `fermyon:spin/inbound-http` cannot carry gets 405, as in Spin, and the guest is not called.
    /// A guest of `wasi:http` runs to its end, even if it goes on after its response.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if the request is not valid HTTP, and [`ErrorKind::LimitReached`] if its header
    /// section exceeds a limit; [`ErrorKind::InvalidComponent`] if the component handles no requests; [`ErrorKind::Trap`],
    /// [`ErrorKind::Exited`], [`ErrorKind::WallTimeReached`] or [`ErrorKind::LimitReached`] if it ended
    /// without a response; [`ErrorKind::ErrorCode`] if it returned an error-code instead of one;
    /// [`ErrorKind::InvalidResponse`] if the response is not valid HTTP.
    pub async fn handle(
        &self,
        request: http::Request<impl Into<Bytes>>,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = request.map(|body| Body::from(body.into()));
        let guest = self.clone();
        let context = CallContext::new(Arc::new(self.clone()));
        let name = Some(Arc::clone(self.name_shared()));
        handle_to_end(
            context,
            self.harness(),
            name,
            request,
            move |request, context| async move { guest.respond(request, context).await },
        )
        .await
    }

    /// [`Guest::handle`], with bodies that may stream: it returns with the head of the response.
    pub(crate) async fn stream(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Error> {
        let guest = self.clone();
        let context = CallContext::new(Arc::new(self.clone()));
        let name = Some(Arc::clone(self.name_shared()));
        let respond = move |request, context| async move { guest.respond(request, context).await };
        handle_to_head(context, self.harness(), name, request, respond).await
    }

    /// [`Guest::handle`] in a chain of in-process calls, with bodies that may stream.
    pub(crate) fn respond(
        &self,
        request: http::Request<Body>,
        context: CallContext,
    ) -> BoxFuture<'_, Result<http::Response<Body>, Error>> {
        Box::pin(async move {
            let handler = self.component.handler()?;
            match self.component.wasi() {
                Wasi::P2 => self.call(handler, request, context).await,
                Wasi::P3 => {
                    // WASI 0.3 instances cannot be polled from inside one another, and the caller may be one. A task
                    // of its own lets both make progress.
                    let (guest, handler) = (self.clone(), handler.clone());
                    let call = async move { guest.call(&handler, request, context).await };
                    wasmtime_wasi::runtime::spawn(call).await
                }
            }
        })
    }

    async fn call(
        &self,
        handler: &Handler,
        request: http::Request<Body>,
        context: CallContext,
    ) -> Result<http::Response<Body>, Error> {
        match handler {
            Handler::Spin(trigger) => {
                let limits = self.harness().limits();
                let request = exports::spin::buffer(request, self.name(), limits).await?;
                let invocation = || self.invocation(&[], context);
                exports::spin::handle(invocation, trigger, request).await
            }
            Handler::WasiHttpP2(proxy) => {
                let invocation = self.invocation(&[], context)?;
                exports::wasi_http::handle(invocation, proxy, request).await
            }
            Handler::WasiHttpP3(service) => {
                let invocation = self.invocation(&[], context)?;
                exports::wasi_http::handle(invocation, service, request).await
            }
        }
    }

    /// Runs the program in a fresh instance and returns its exit code.
    ///
    /// `arguments` follow the program's name, which is the guest's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the component is not a program, [`ErrorKind::Trap`],
    /// [`ErrorKind::WallTimeReached`] or [`ErrorKind::LimitReached`] if it did not end by itself.
    pub async fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<i32, Error> {
        let guest = self.clone();
        let arguments: Vec<String> = arguments.iter().map(|text| text.as_ref().into()).collect();
        let abandoned = self.harness().abandoned();
        in_task(abandoned, async move { guest.run_here(&arguments).await }).await
    }

    async fn run_here(&self, arguments: &[String]) -> Result<i32, Error> {
        let component = self.component.command()?;
        let context = CallContext::new(Arc::new(self.clone()));
        let mut invocation = self.invocation(arguments, context)?;
        let deadline = invocation.deadline.clone();
        let store = &mut invocation.store;
        let result = within(&deadline, async {
            let instance = component.instantiate_async(&mut *store).await?;
            instance.wasi_cli_run().call_run(store).await
        })
        .await;
        match result {
            Ok(Ok(())) => Ok(0),
            Ok(Err(())) => Ok(1),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(I32Exit(code)) => Ok(*code),
                None => Err(invocation.error(error)),
            },
        }
    }

    /// Continues the usage of `other`.
    pub(crate) fn sharing_usage(mut self, other: &Self) -> Self {
        self.caller().usage = Arc::clone(&other.config.caller.usage);
        self
    }

    /// Logs the imports of the component that the harness does not have.
    pub(crate) fn warn_of_missing_imports(&self) {
        let imports = self.component.missing_imports();
        if !imports.is_empty() {
            tracing::warn!(
                component = self.name(),
                "this harness does not have these imports of the component; a call to one of them traps: {}",
                imports.join(", ")
            );
        }
    }

    pub(crate) fn name_shared(&self) -> &Arc<str> {
        &self.config.caller.name
    }

    /// Whether the guest streams bodies, or buffers them.
    pub(crate) fn streams(&self) -> bool {
        self.component.streams()
    }

    pub(crate) fn harness(&self) -> &Harness {
        self.component.harness()
    }

    fn invocation(&self, arguments: &[String], context: CallContext) -> Result<Invocation, Error> {
        let identity = Identity {
            name: Arc::clone(self.name_shared()),
            limits: self.harness().limits_shared(),
        };
        let stderr_tail = OutputBuffer::new(STDERR_TAIL_BYTES);
        let wasi = self.wasi(arguments, context.chain(), &stderr_tail)?;
        let outbound = OutboundCalls::new(Arc::clone(&self.config.caller), context);
        let engine = self.component.engine();
        Ok(Invocation::new(
            identity,
            engine,
            (wasi, stderr_tail),
            self.config.services.clone(),
            outbound,
        ))
    }

    /// The guest's view of WASI: only what its configuration gives it.
    fn wasi(
        &self,
        arguments: &[String],
        chain: u64,
        stderr_tail: &OutputBuffer,
    ) -> Result<WasiCtx, Error> {
        let config = &self.config;
        let name = self.name_shared();
        let observed = (chain, self.harness().output_observers());
        let mut wasi = WasiCtx::builder();
        wasi.allow_tcp(false)
            .allow_udp(false)
            .monotonic_clock(MonotonicClock::new())
            .wall_clock(WallClock)
            .envs(&config.env)
            .arg(&**name)
            .args(arguments)
            .stdout(GuestOutput::new(
                &config.stdout,
                name,
                Stream::Stdout,
                observed,
                None,
            ))
            .stderr(GuestOutput::new(
                &config.stderr,
                name,
                Stream::Stderr,
                observed,
                Some(stderr_tail),
            ));
        match &config.stdin {
            Input::Empty => {}
            Input::Stdin => {
                wasi.inherit_stdin();
            }
            Input::Bytes(bytes) => {
                wasi.stdin(MemoryInputPipe::new(bytes.clone()));
            }
        }
        for (folder, path) in &config.folders {
            wasi.preopened_dir(folder, path, FsPerms::ReadOnly)
                .map_err(|error| {
                    let message = format!(
                        "guest `{name}`: the folder {} cannot be opened: {error:#}",
                        folder.display()
                    );
                    Error::new(ErrorKind::Io, message).with_source(error)
                })?;
        }
        Ok(wasi.build())
    }
}

/// A guest without an application is its own only peer.
impl Peers for Guest {
    fn origin(&self) -> &Origin {
        &DEFAULT_ORIGIN
    }

    fn respond<'a>(
        &'a self,
        peer: Peer<'a>,
        request: http::Request<Body>,
        context: CallContext,
    ) -> BoxFuture<'a, Result<PeerResponse, PeerError>> {
        Box::pin(async move {
            if let Peer::Named(name) = peer
                && name != self.name()
            {
                return Err(PeerError::NoSuchComponent {
                    name: name.to_owned(),
                    known: vec![self.name().to_owned()],
                });
            }
            let response = Self::respond(self, request, context).await?;
            Ok(PeerResponse {
                component: Some(Arc::clone(self.name_shared())),
                response,
            })
        })
    }
}

/// A GET request with an empty body.
pub(crate) fn get_request(uri: &str) -> Result<http::Request<Bytes>, Error> {
    http::Request::get(uri).body(Bytes::new()).map_err(|error| {
        let message = format!("invalid URI `{}`: {error}", redacted(uri));
        Error::new(ErrorKind::InvalidRequest, message).with_source(error)
    })
}
