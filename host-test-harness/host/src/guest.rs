//! A component with its name, permissions and surroundings, and what it can be asked to do.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use outbound_policy::{AllowList, Decision, Origin, Target, Usage};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx};

use crate::bindings::HttpTriggerPre;
use crate::body::Body;
use crate::component::{Component, Handler};
use crate::inbound;
use crate::invocation::{Invocation, in_task, within};
use crate::outbound::in_process::Chain;
use crate::state::State;
use crate::stdio::{GuestOutput, Output, OutputBuffer};
use crate::wasi::Wasi;
use crate::{Error, ErrorKind, Harness, wasi_http};

/// A configured guest. Cheap to clone; every invocation gets a fresh instance.
#[derive(Debug, Clone)]
pub struct Guest {
    component: Component,
    config: Arc<Config>,
}

#[derive(Debug, Clone)]
struct Config {
    name: Arc<str>,
    allow_list: AllowList,
    usage: Arc<Mutex<Usage>>,
    self_calls: SelfCalls,
    env: Vec<(String, String)>,
    folders: Vec<(PathBuf, String)>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

/// Where a guest's `self` requests (`/path`, `http://self/path`, `https://self/path`) go.
///
/// The origin never comes from a header (CVE-2024-32980).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SelfCalls {
    /// To a new instance of the same guest, without a socket; the default.
    /// A component that answers no requests has no `self`: such a URI is `invalid-url`.
    #[default]
    InProcess,
    /// To this origin, over the network.
    Origin(Origin),
}

/// Where a guest's stdin comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Input {
    /// It is at its end; the default.
    #[default]
    Empty,
    /// The stdin of this process.
    Stdin,
}

impl Guest {
    pub(crate) fn new(component: Component, name: String) -> Self {
        let config = Config {
            name: name.into(),
            allow_list: AllowList::deny_all(),
            usage: Arc::default(),
            self_calls: SelfCalls::default(),
            env: Vec::new(),
            folders: Vec::new(),
            stdin: Input::default(),
            stdout: Output::default(),
            stderr: Output::default(),
        };
        Self {
            component,
            config: Arc::new(config),
        }
    }

    fn config(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    /// Sets what the guest may call. Defaults to nothing.
    #[must_use]
    pub fn allow_list(mut self, allow_list: AllowList) -> Self {
        let config = self.config();
        config.allow_list = allow_list;
        config.usage = Arc::default();
        self
    }

    /// Sets where `self` requests go. Defaults to [`SelfCalls::InProcess`].
    #[must_use]
    pub fn self_calls(mut self, self_calls: SelfCalls) -> Self {
        self.config().self_calls = self_calls;
        self
    }

    /// Sets an environment variable. Defaults to none: nothing of this process's environment is passed on.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        let env = &mut self.config().env;
        env.retain(|(known, _)| *known != name);
        env.push((name, value.into()));
        self
    }

    /// Gives the guest a folder of this machine to read, as `path` (`/`, `/data`). Defaults to none.
    ///
    /// The guest cannot write to it, nor leave it by `..` or a symbolic link.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>, path: impl Into<String>) -> Self {
        self.config().folders.push((folder.into(), path.into()));
        self
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

    /// The name that the log uses.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What the guest may call.
    #[must_use]
    pub fn permissions(&self) -> &AllowList {
        &self.config.allow_list
    }

    /// What was called so far under [`Guest::permissions`]: which entries were never used, and which
    /// list would have been enough. Clones of a guest share it.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let usage = self.config.usage.lock();
        usage.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has a fresh instance answer one request, in memory.
    ///
    /// The guest gets path and query, the headers as they are and the body. A method that
    /// `fermyon:spin/inbound-http` cannot carry is answered 405 without asking the guest, as in Spin.
    /// A guest of `wasi:http` is run to its end, also where it has more to do after its response.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the component answers no requests, [`ErrorKind::Trap`],
    /// [`ErrorKind::Exited`], [`ErrorKind::WallTimeReached`] or [`ErrorKind::LimitReached`] if it ended
    /// without a response, [`ErrorKind::InvalidResponse`] if HTTP has no such response.
    pub async fn handle(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = request.map(Body::from);
        let guest = self.clone();
        in_task(async move {
            let response = guest.handle_in_chain(request, Chain::default()).await?;
            inbound::whole(response, guest.harness().limits()).await
        })
        .await
    }

    /// [`Guest::handle`] for a self call, which `chain` has led to, with bodies that may still be under way.
    pub(crate) fn handle_in_chain(
        &self,
        request: http::Request<Body>,
        chain: Chain,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Body>, Error>> + Send + '_>> {
        Box::pin(async move {
            let handler = self.component.handler()?;
            if self.component.wasi() == Wasi::V0_2 {
                return self.answer(handler, request, chain).await;
            }
            // Wasmtime polls no such instance while it polls another, which may be the caller.
            let (guest, handler) = (self.clone(), handler.clone());
            let answering = async move { guest.answer(&handler, request, chain).await };
            wasmtime_wasi::runtime::spawn(answering).await
        })
    }

    async fn answer(
        &self,
        handler: &Handler,
        request: http::Request<Body>,
        chain: Chain,
    ) -> Result<http::Response<Body>, Error> {
        match handler {
            Handler::Spin(trigger) => self.handle_whole(trigger, request, chain).await,
            Handler::Wasi(handler) => {
                wasi_http::handler::handle(self, handler, request, chain).await
            }
            Handler::Wasi0_3(service) => {
                wasi_http::handler::handle(self, service, request, chain).await
            }
        }
    }

    async fn handle_whole(
        &self,
        component: &HttpTriggerPre<State>,
        request: http::Request<Body>,
        chain: Chain,
    ) -> Result<http::Response<Body>, Error> {
        let method = request.method().clone();
        let (head, mut body) = request.into_parts();
        // What is there as a whole was bounded by whoever made it: a server, a caller, an embedder.
        let limit = if matches!(body, Body::Whole(_)) {
            usize::MAX
        } else {
            self.harness().limits().request_body_bytes
        };
        let body = body.whole(limit).await.map_err(|error| {
            let message = format!("guest `{}`: the request's body: {error}", self.name());
            Error::new(ErrorKind::LimitReached, message)
        })?;
        let request = http::Request::from_parts(head, body);
        let Some(request) = inbound::request_to_wire(request) else {
            return Ok(inbound::method_not_allowed().map(Body::from));
        };
        let mut invocation = Invocation::new(self, &[], chain)?;
        let deadline = invocation.deadline;
        let store = &mut invocation.store;
        let response = within(deadline, async {
            let instance = component.instantiate_async(&mut *store).await?;
            instance
                .fermyon_spin_inbound_http()
                .call_handle_request(store, &request)
                .await
        })
        .await;
        match response {
            Ok(response) => Ok(invocation.response(response, &method)?.map(Body::from)),
            Err(error) => Err(invocation.error(error)),
        }
    }

    /// Runs the program in a fresh instance and returns its exit code.
    ///
    /// `arguments` follow the program's name, which is the guest's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the component is no program, [`ErrorKind::Trap`],
    /// [`ErrorKind::WallTimeReached`] or [`ErrorKind::LimitReached`] if it did not end by itself.
    pub async fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<i32, Error> {
        let guest = self.clone();
        let arguments: Vec<String> = arguments.iter().map(|text| text.as_ref().into()).collect();
        in_task(async move { guest.run_here(&arguments).await }).await
    }

    async fn run_here(&self, arguments: &[String]) -> Result<i32, Error> {
        let component = self.component.command()?;
        let mut invocation = Invocation::new(self, arguments, Chain::default())?;
        let deadline = invocation.deadline;
        let store = &mut invocation.store;
        let result = within(deadline, async {
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

    /// Goes on with the usage of `other`.
    pub(crate) fn sharing_usage(mut self, other: &Self) -> Self {
        self.config().usage = Arc::clone(&other.config.usage);
        self
    }

    /// Says in the log what the component imports and the harness does not have.
    pub(crate) fn warn_of_missing_imports(&self) {
        let imports = self.component.missing_imports();
        if !imports.is_empty() {
            tracing::warn!(
                component = self.name(),
                "this harness does not have these imports of the component, and a call of one of them traps: {}",
                imports.join(", ")
            );
        }
    }

    pub(crate) fn name_shared(&self) -> &Arc<str> {
        &self.config.name
    }

    /// Whether it takes and gives bodies piece by piece.
    pub(crate) fn streams(&self) -> bool {
        self.component.streams()
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        self.component.engine()
    }

    pub(crate) fn harness(&self) -> &Harness {
        self.component.harness()
    }

    /// Decides whether `target` may be called, and takes note of it.
    pub(crate) fn judge(&self, target: &Target) -> Decision<'_> {
        let decision = self.config.allow_list.evaluate(target);
        let mut usage = self
            .config
            .usage
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        usage.record(target, &decision);
        decision
    }

    /// Where `self` requests go; none for a program without a configured origin.
    pub(crate) fn self_route(&self) -> Option<&SelfCalls> {
        match &self.config.self_calls {
            SelfCalls::InProcess => self.component.handler().ok().map(|_| &SelfCalls::InProcess),
            route @ SelfCalls::Origin(_) => Some(route),
        }
    }

    /// The guest's view of WASI: what was given, and nothing else.
    pub(crate) fn wasi(
        &self,
        arguments: &[String],
        stderr_tail: &OutputBuffer,
    ) -> Result<WasiCtx, Error> {
        let config = &self.config;
        let mut wasi = WasiCtx::builder();
        wasi.allow_tcp(false)
            .allow_udp(false)
            .envs(&config.env)
            .arg(&*config.name)
            .args(arguments)
            .stdout(GuestOutput::new(
                &config.stdout,
                &config.name,
                "stdout",
                None,
            ))
            .stderr(GuestOutput::new(
                &config.stderr,
                &config.name,
                "stderr",
                Some(stderr_tail),
            ));
        match config.stdin {
            Input::Empty => {}
            Input::Stdin => {
                wasi.inherit_stdin();
            }
        }
        for (folder, path) in &config.folders {
            wasi.preopened_dir(folder, path, FsPerms::ReadOnly)
                .map_err(|error| {
                    let message = format!(
                        "guest `{}`: the folder {} cannot be opened: {error:#}",
                        config.name,
                        folder.display()
                    );
                    Error::new(ErrorKind::Io, message).with_source(error)
                })?;
        }
        Ok(wasi.build())
    }
}
