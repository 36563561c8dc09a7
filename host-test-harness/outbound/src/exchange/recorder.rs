//! Builds the records of one call, hop by hop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use outbound_policy::redacted;
use tokio::time::Instant;

use super::{ABANDONED, CANCELLED, Exchange, Outcome, Via};
use crate::call::ErrorCodeName;
use crate::caller::Caller;
use crate::context::CallContext;
use crate::error::OutboundError;
use crate::time::now;

/// The record of a call under way. Each exchange is logged, and reported to the caller's observers, when it ends.
pub(crate) struct Recorder {
    caller: Arc<Caller>,
    record: Exchange,
    /// Size of the request body so far, in bytes, if it is streaming.
    streamed_bytes: Option<Arc<AtomicUsize>>,
    started: Instant,
    /// Whether the record's URL is a target's, which contains no secret of a guest or upstream.
    is_parsed: bool,
    /// Whether an exchange is under way that has no outcome yet.
    is_open: bool,
    /// Whether the invocation has ended, for a call that the guest may end before that.
    has_ended: Option<Arc<AtomicBool>>,
    /// The last field, so that who waits for the end of the chain sees the record.
    _context: CallContext,
}

impl Recorder {
    pub(crate) fn new(
        caller: &Arc<Caller>,
        context: &CallContext,
        method: Method,
        uri: &str,
    ) -> Self {
        let (started, started_at) = now();
        let record = Exchange {
            id: next_id(),
            chain: context.chain(),
            parent: context.parent(),
            component: Arc::clone(&caller.name),
            started,
            method,
            url: uri.to_owned(),
            rule: None,
            entry_to_add: None,
            hop: 0,
            via: None,
            request_body_bytes: 0,
            outcome: Outcome::Abandoned,
            duration: Duration::ZERO,
        };
        Self {
            caller: Arc::clone(caller),
            record,
            streamed_bytes: None,
            started: started_at,
            is_parsed: false,
            is_open: true,
            has_ended: None,
            _context: context.clone(),
        }
    }

    /// For a call that the guest may end before the invocation ends, which `has_ended` says.
    pub(crate) fn cancellable(mut self, has_ended: &Arc<AtomicBool>) -> Self {
        self.has_ended = Some(Arc::clone(has_ended));
        self
    }

    pub(crate) fn id(&self) -> u64 {
        self.record.id
    }

    pub(crate) fn hop(&self) -> u32 {
        self.record.hop
    }

    pub(crate) fn parsed(&mut self, url: String) {
        self.record.url = url;
        self.is_parsed = true;
    }

    pub(crate) fn allowed_by(&mut self, rule: String) {
        self.record.rule = Some(rule);
    }

    pub(crate) fn sending(&mut self, request_body_bytes: usize) {
        self.record.request_body_bytes = request_body_bytes;
    }

    /// [`Recorder::sending`] for a streaming body, whose bytes are counted as they pass.
    pub(crate) fn sending_streamed(&mut self, sent_bytes: Arc<AtomicUsize>) {
        self.streamed_bytes = Some(sent_bytes);
    }

    pub(crate) fn responded(&mut self, status: StatusCode, body_bytes: usize, via: Via) {
        self.record.via = Some(via);
        self.finish(Outcome::Response {
            status: status.as_u16(),
            body_bytes,
        });
    }

    /// `error_code` names the one that the guest gets, in the words of its import.
    pub(crate) fn failed(&mut self, error: &OutboundError, error_code: ErrorCodeName) {
        if let OutboundError::Denied(denial) = error {
            self.record.entry_to_add = denial.entry_to_add().map(str::to_owned);
        }
        self.finish(Outcome::Failed {
            error_code: error_code(error),
            cause: error.to_string(),
            details: error.details().map(ToOwned::to_owned),
        });
    }

    /// Starts the record of a redirect.
    pub(crate) fn next_hop(&mut self, location: &str, method: &Method, request_body_bytes: usize) {
        self.record.id = next_id();
        self.record.hop += 1;
        location.clone_into(&mut self.record.url);
        self.is_parsed = false;
        self.record.method = method.clone();
        self.record.request_body_bytes = request_body_bytes;
        self.record.rule = None;
        self.record.via = None;
        (self.record.started, self.started) = now();
        self.is_open = true;
    }

    fn finish(&mut self, outcome: Outcome) {
        self.is_open = false;
        if !self.is_parsed {
            self.record.url = redacted(&self.record.url);
        }
        self.record.outcome = outcome;
        if let Some(sent_bytes) = &self.streamed_bytes {
            self.record.request_body_bytes = sent_bytes.load(Ordering::Relaxed);
        }
        self.record.duration = self.started.elapsed();
        log(&self.record);
        for observer in &self.caller.observers {
            observer(&self.record);
        }
    }
}

fn next_id() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// A call is dropped when the guest or its invocation ends it; the exchange that was under way is recorded all the same.
impl Drop for Recorder {
    fn drop(&mut self) {
        if self.is_open {
            let goes_on = self
                .has_ended
                .as_ref()
                .is_some_and(|has_ended| !has_ended.load(Ordering::Acquire));
            self.finish(if goes_on {
                Outcome::Cancelled
            } else {
                Outcome::Abandoned
            });
        }
    }
}

/// Logs one structured line: at level info for a response, at level warn otherwise.
fn log(exchange: &Exchange) {
    let duration_us = u64::try_from(exchange.duration.as_micros()).unwrap_or(u64::MAX);
    let rule = exchange.rule.as_deref().unwrap_or("-");
    macro_rules! line {
        ($level:ident, $message:expr $(, $field:ident)*) => {
            tracing::$level!(
                target: "spin_harness::outbound",
                component = &*exchange.component, method = %exchange.method, url = exchange.url, rule,
                hop = exchange.hop, request_body_bytes = exchange.request_body_bytes, $($field,)* duration_us,
                "{}", $message
            )
        };
    }
    match &exchange.outcome {
        Outcome::Response { status, body_bytes } => {
            let address = exchange.address().map(tracing::field::display);
            line!(info, "outbound", status, body_bytes, address);
        }
        Outcome::Failed {
            error_code,
            cause,
            details,
        } => {
            let details = details.as_deref().map(|details| format!("\n{details}"));
            let details = details.map(tracing::field::display);
            line!(warn, cause, error_code, details);
        }
        Outcome::Cancelled => line!(warn, CANCELLED),
        Outcome::Abandoned => line!(warn, ABANDONED),
    }
}
