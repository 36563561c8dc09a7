//! One use of a guest: an instance of its own, a deadline, and why there may be no result.

use std::future::Future;
use std::time::Instant;

use bytes::Bytes;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;
use wasmtime::component::ResourceTableError;
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::bindings::wire;
use crate::component::missing_import::MissingImport;
use crate::guest::Guest;
use crate::headers::is_within;
use crate::inbound;
use crate::limits::deadline;
use crate::outbound::Outbound;
use crate::outbound::in_process::Chain;
use crate::state::{HOSTCALL_FUEL_EXHAUSTED, MAX_RESOURCES, State, WallTimeReached, hostcall_fuel};
use crate::stdio::{OutputBuffer, STDERR_TAIL_BYTES};
use crate::{Error, ErrorKind, Limits};

/// One instance's store, its deadline, and the end of its stderr.
pub(crate) struct Invocation {
    guest: Guest,
    pub(crate) store: Store<State>,
    pub(crate) deadline: Instant,
    stderr_tail: OutputBuffer,
}

impl Invocation {
    pub(crate) fn new(guest: &Guest, arguments: &[String], chain: Chain) -> Result<Self, Error> {
        let harness = guest.harness();
        let limits = harness.limits();
        let deadline = deadline(limits.wall_time);
        let stderr_tail = OutputBuffer::new(STDERR_TAIL_BYTES);
        let wasi = guest.wasi(arguments, &stderr_tail)?;
        let outbound = Outbound::new(guest.clone(), chain);
        let store = State::store(guest.engine(), limits, deadline, wasi, outbound);
        Ok(Self {
            guest: guest.clone(),
            store,
            deadline,
            stderr_tail,
        })
    }

    /// The guest's response, if HTTP and the limits know such a one.
    pub(crate) fn response(
        &self,
        response: wire::Response,
        method: &http::Method,
    ) -> Result<http::Response<Bytes>, Error> {
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
        let response = inbound::response_from_wire(response, method).map_err(|problem| {
            self.named(
                ErrorKind::InvalidResponse,
                &format!("it answered with {problem}"),
            )
        })?;
        if is_within(response.headers(), self.limits()) {
            Ok(response)
        } else {
            let problem = too_large_headers(self.limits());
            Err(self.named(
                ErrorKind::LimitReached,
                &format!("it answered with {problem}"),
            ))
        }
    }

    /// The error for an invocation that has no response.
    pub(crate) fn error(&self, error: wasmtime::Error) -> Error {
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
            let message = format!(
                "it did not end within the limit of {:?} on wall time",
                limits.wall_time
            );
            (ErrorKind::WallTimeReached, message)
        } else if self.store.data().memory.reached {
            limit_reached(format!(
                "it ended after it had reached the limit of {} bytes of memory",
                limits.memory_bytes
            ))
        } else if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            limit_reached(format!(
                "the limit of {} instances at a time is reached; `--max-instances` raises it",
                limits.instances
            ))
        } else if let Some(ResourceTableError::Full) = error.downcast_ref() {
            limit_reached(format!(
                "it held more than the limit of {MAX_RESOURCES} resources of the host at a time"
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
        } else if let Some(import) = error.downcast_ref::<MissingImport>() {
            (ErrorKind::Trap, import.to_string())
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

/// What is wrong with a response's header section that exceeds its limits.
pub(crate) fn too_large_headers(limits: &Limits) -> String {
    format!(
        "more than the limit of {} bytes or {} fields in a header section",
        limits.header_section_bytes, limits.header_fields
    )
}

/// Runs what an embedder waits for in a task, which is its own if it has none: on the thread of a `block_on`, an
/// invocation would change threads whenever it waits for a socket. Its log goes where the embedder's goes.
pub(crate) async fn in_task<T: Send + 'static>(job: impl Future<Output = T> + Send + 'static) -> T {
    if tokio::task::try_id().is_some() {
        return job.await;
    }
    let job = job.in_current_span().with_current_subscriber();
    wasmtime_wasi::runtime::spawn(job).await
}

/// Waits until `deadline`: the bound of a guest that waits in an import.
/// (One that computes is stopped by its epoch, which tells where it was.)
pub(crate) async fn within<T>(
    deadline: Instant,
    invocation: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    tokio::time::timeout_at(deadline.into(), invocation)
        .await
        .unwrap_or_else(|_elapsed| Err(wasmtime::Error::new(WallTimeReached)))
}
