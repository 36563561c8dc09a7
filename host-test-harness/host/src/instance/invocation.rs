//! One use of a guest: an instance of its own, a deadline, and the error if it has no result.

mod failure;

use std::sync::Arc;

use harness_outbound::OutboundCalls;
use http::HeaderMap;
use wasmtime::{Store, WasmBacktrace};
use wasmtime_wasi::WasiCtx;

use super::state::{Services, State};
use crate::stdio::OutputBuffer;
use crate::task::Deadline;
use crate::{Error, ErrorKind, Limits};

/// One instance's store, its deadline, and the end of its stderr.
pub(crate) struct Invocation {
    /// Dropped before the store, with the calls and the request bodies that the guest was still writing.
    ending: Ending,
    pub(crate) identity: Identity,
    pub(crate) store: Store<State>,
    pub(crate) deadline: Deadline,
    stderr_tail: OutputBuffer,
}

/// Ends the calls of an invocation, and aborts the request bodies of a guest that did not end by itself: wasmtime takes
/// the end of an instance for the end of its bodies, and an upstream must not take half a body for a whole one.
struct Ending {
    outbound: Arc<OutboundCalls>,
    is_complete: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.outbound.invocation_ended();
        if !self.is_complete {
            self.outbound.abort_bodies();
        }
    }
}

/// The guest's name and limits, as its errors name them.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Arc<Limits>,
}

impl Identity {
    /// An error whose message is the guest and `clause`, which begins with a verb.
    pub(crate) fn named(&self, kind: ErrorKind, clause: &str) -> Error {
        Error::new(kind, format!("guest `{}` {clause}", self.name))
    }

    /// Checks the header section of the guest's response.
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<(), Error> {
        let limits = self.limits.headers();
        if limits.allow(headers) {
            return Ok(());
        }
        let clause = format!("sent a header section of more than the limit of {limits}");
        Err(self.named(ErrorKind::LimitReached, &clause))
    }
}

impl Invocation {
    /// An invocation that starts now. `stderr_tail` is the end of what `wasi` writes to stderr.
    pub(crate) fn new(
        identity: Identity,
        engine: &wasmtime::Engine,
        (wasi, stderr_tail): (WasiCtx, OutputBuffer),
        services: Services,
        outbound: OutboundCalls,
    ) -> Self {
        let outbound = Arc::new(outbound);
        let deadline = Deadline::new(identity.limits.wall_time);
        let store = State::store(
            engine,
            &identity.limits,
            deadline.clone(),
            wasi,
            services,
            Arc::clone(&outbound),
        );
        Self {
            ending: Ending {
                outbound,
                is_complete: false,
            },
            identity,
            store,
            deadline,
            stderr_tail,
        }
    }

    /// Notes that the guest has ended by itself.
    pub(crate) fn complete(&mut self) {
        self.ending.is_complete = true;
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.identity.limits
    }

    /// The error for an invocation that has no response.
    pub(crate) fn error(&self, error: wasmtime::Error) -> Error {
        let backtrace = error
            .downcast_ref::<WasmBacktrace>()
            .map(ToString::to_string);
        let (kind, clause) = failure::reason(&error, &self.store, self.limits());
        self.named(kind, &clause)
            .with_backtrace(backtrace.filter(|text| !text.trim().is_empty()))
            .with_source(error)
    }

    /// [`Identity::named`], with the end of the guest's stderr.
    pub(crate) fn named(&self, kind: ErrorKind, clause: &str) -> Error {
        self.identity
            .named(kind, clause)
            .with_guest_stderr(self.stderr_tail.text())
    }

    /// [`Identity::check_headers`], with the end of the guest's stderr.
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<(), Error> {
        self.identity
            .check_headers(headers)
            .map_err(|error| error.with_guest_stderr(self.stderr_tail.text()))
    }
}
