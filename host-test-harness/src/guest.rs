//! A component with its name, permissions and surroundings, and what it can be asked to do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use outbound_policy::{AllowList, Origin};
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::{I32Exit, WasiCtx};

use crate::bindings::wire;
use crate::component::Component;
use crate::inbound;
use crate::limits::deadline;
use crate::outbound::Outbound;
use crate::outbound::self_call::Chain;
use crate::state::{HOSTCALL_FUEL_EXHAUSTED, State, WallTimeReached, hostcall_fuel};
use crate::stdio::{GuestOutput, Output, OutputBuffer, STDERR_TAIL_BYTES};
use crate::{Error, ErrorKind, Harness, Limits};

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
    self_calls: SelfCalls,
    env: Vec<(String, String)>,
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
            self_calls: SelfCalls::default(),
            env: Vec::new(),
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
        self.config().allow_list = allow_list;
        self
    }

    /// Sets where `self` requests go. Defaults to [`SelfCalls::InProcess`].
    #[must_use]
    pub fn self_calls(mut self, self_calls: SelfCalls) -> Self {
        self.config().self_calls = self_calls;
        self
    }

    /// Adds an environment variable. Defaults to none: nothing of this process's environment is passed on.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config().env.push((name.into(), value.into()));
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

    /// Has a fresh instance answer one request, in memory.
    ///
    /// The guest gets path and query, the headers as they are and the body. A method that the
    /// interface cannot carry is answered 405 without asking the guest, as in Spin.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the component answers no requests, [`ErrorKind::Trap`],
    /// [`ErrorKind::Exited`] or [`ErrorKind::LimitReached`] if it ended without a response,
    /// [`ErrorKind::InvalidResponse`] if HTTP has no such response.
    pub async fn handle(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Error> {
        self.handle_in_chain(request, Chain::default()).await
    }

    /// [`Guest::handle`] for a self call, which `chain` has led to.
    pub(crate) fn handle_in_chain(
        &self,
        request: http::Request<Bytes>,
        chain: Chain,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Error>> + Send + '_>> {
        Box::pin(async move {
            let component = self.component.http_trigger()?;
            let Some(request) = inbound::request_to_wire(request) else {
                return Ok(inbound::method_not_allowed());
            };
            let mut invocation = Invocation::new(self, &[], chain);
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
                Ok(response) => invocation.response(response),
                Err(error) => Err(invocation.error(error)),
            }
        })
    }

    /// Runs the program in a fresh instance and returns its exit code.
    ///
    /// `arguments` follow the program's name, which is the guest's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidComponent`] if the component is no program, [`ErrorKind::Trap`] or
    /// [`ErrorKind::LimitReached`] if it did not end by itself.
    pub async fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<i32, Error> {
        let component = self.component.command()?;
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let mut invocation = Invocation::new(self, &arguments, Chain::default());
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

    pub(crate) fn name_shared(&self) -> &Arc<str> {
        &self.config.name
    }

    pub(crate) fn harness(&self) -> &Harness {
        self.component.harness()
    }

    pub(crate) fn permissions(&self) -> &AllowList {
        &self.config.allow_list
    }

    /// Where `self` requests go; none for a program without a configured origin.
    pub(crate) fn self_route(&self) -> Option<&SelfCalls> {
        match &self.config.self_calls {
            SelfCalls::InProcess => self
                .component
                .http_trigger()
                .ok()
                .map(|_| &SelfCalls::InProcess),
            route @ SelfCalls::Origin(_) => Some(route),
        }
    }

    fn wasi(&self, arguments: &[&str], stderr_tail: &OutputBuffer) -> WasiCtx {
        let config = &self.config;
        let mut wasi = WasiCtx::builder();
        wasi.allow_tcp(false)
            .allow_udp(false)
            .envs(&config.env)
            .arg(&*config.name)
            .args(arguments)
            .stdout(GuestOutput::new(config.stdout.clone()))
            .stderr(GuestOutput::with_tail(
                config.stderr.clone(),
                stderr_tail.clone(),
            ));
        match config.stdin {
            Input::Empty => {}
            Input::Stdin => {
                wasi.inherit_stdin();
            }
        }
        wasi.build()
    }
}

/// One instance's store, its deadline, and the end of its stderr.
struct Invocation {
    guest: Guest,
    store: Store<State>,
    deadline: Instant,
    stderr_tail: OutputBuffer,
}

impl Invocation {
    fn new(guest: &Guest, arguments: &[&str], chain: Chain) -> Self {
        let harness = guest.harness();
        let limits = harness.limits();
        let deadline = deadline(limits.wall_time);
        let stderr_tail = OutputBuffer::new(STDERR_TAIL_BYTES);
        let wasi = guest.wasi(arguments, &stderr_tail);
        let outbound = Outbound::new(guest.clone(), chain);
        let store = State::store(harness.engine(), limits, deadline, wasi, outbound);
        Self {
            guest: guest.clone(),
            store,
            deadline,
            stderr_tail,
        }
    }

    /// The guest's response, if HTTP and the limits know such a one.
    fn response(&self, response: wire::Response) -> Result<http::Response<Bytes>, Error> {
        let limit = self.limits().response_body_bytes;
        if response
            .body
            .as_ref()
            .is_some_and(|body| body.len() > limit)
        {
            let message = format!(
                "it answered with more than the limit of {limit} bytes in a response's body"
            );
            return Err(self.named(ErrorKind::LimitReached, &message));
        }
        inbound::response_from_wire(response).map_err(|problem| {
            self.named(
                ErrorKind::InvalidResponse,
                &format!("it answered with {problem}"),
            )
        })
    }

    /// The error for an invocation that has no response.
    fn error(&self, error: wasmtime::Error) -> Error {
        let backtrace = error
            .downcast_ref::<WasmBacktrace>()
            .map(ToString::to_string);
        let (kind, message) = self.reason(&error);
        self.named(kind, &message)
            .with_backtrace(backtrace.filter(|text| !text.trim().is_empty()))
            .with_source(error)
    }

    /// An error that names the guest and has the end of its stderr.
    fn named(&self, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, format!("guest `{}`: {message}", self.guest.name()))
            .with_guest_stderr(self.stderr_tail.text())
    }

    fn limits(&self) -> &Limits {
        self.guest.harness().limits()
    }

    fn reason(&self, error: &wasmtime::Error) -> (ErrorKind, String) {
        let limits = self.limits();
        let limit_reached = |message: String| (ErrorKind::LimitReached, message);
        if error.is::<WallTimeReached>() {
            limit_reached(format!(
                "it did not end within the limit of {:?} on wall time",
                limits.wall_time
            ))
        } else if self.store.data().memory.reached {
            limit_reached(format!(
                "it ended after it had reached the limit of {} bytes of memory",
                limits.memory_bytes
            ))
        } else if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            limit_reached(format!(
                "the limit of {} instances at a time is reached",
                limits.instances
            ))
        } else if let Some(I32Exit(code)) = error.downcast_ref() {
            (
                ErrorKind::Exited,
                format!("it exited with code {code} instead of answering"),
            )
        } else if let Some(Trap::UnreachableCodeReached) = error.downcast_ref() {
            let message =
                "it aborted (wasm `unreachable`), as a panic does; its stderr may say why";
            (ErrorKind::Trap, message.to_owned())
        } else if error
            .root_cause()
            .to_string()
            .starts_with(HOSTCALL_FUEL_EXHAUSTED)
        {
            let bytes = hostcall_fuel(limits);
            limit_reached(format!(
                "it handed over more than {bytes} bytes at once, twice what the limits on bodies allow"
            ))
        } else {
            (
                ErrorKind::Trap,
                format!("it trapped: {}", error.root_cause()),
            )
        }
    }
}

/// Waits until `deadline`: the bound of a guest that waits in an import.
/// (One that computes is stopped by its epoch, which tells where it was.)
async fn within<T>(
    deadline: Instant,
    invocation: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    tokio::time::timeout_at(deadline.into(), invocation)
        .await
        .unwrap_or_else(|_elapsed| Err(wasmtime::Error::new(WallTimeReached)))
}
