//! What happened on the wire: one record for each outbound exchange, for observers and the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use outbound_policy::{Rule, redacted};

use crate::outbound::failure::Failure;

/// What is called after each exchange.
pub(crate) type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// One outbound exchange, or the reason for which there was none. A redirect is an exchange of its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The guest's name.
    pub component: Arc<str>,
    /// The request's method.
    pub method: Method,
    /// The URL as it was sent, without user info, or `http://self/…` for a self call in process.
    /// What could not be parsed stands here as [`outbound_policy::redacted`] shows it.
    pub url: String,
    /// The allow-list entry that permitted it, as the user wrote it.
    pub rule: Option<String>,
    /// 0 for the guest's own request, 1 for the first redirect, and so on.
    pub hop: u32,
    /// The address that answered; none for a self call in process or without an answer.
    pub address: Option<SocketAddr>,
    /// Bytes of the request's body.
    pub request_body_bytes: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// From the guest's call, or from the redirect before it, to the last byte.
    pub duration: Duration,
}

/// How an [`Exchange`] ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With a response.
    Response {
        /// Its status.
        status: u16,
        /// Bytes of its body. A guest of `wasi:http` may leave off before the end.
        body_bytes: usize,
    },
    /// Without one, or without its end.
    Failed {
        /// What the guest gets: a case of `http-error` of `fermyon:spin/http`, such as `runtime-error`, or of
        /// `error-code` of `wasi:http`, such as `HTTP-request-denied`.
        error_code: &'static str,
        /// Why, in full: the interface carries no more than the code.
        cause: String,
    },
    /// Not at all: the invocation ended first, for example at its limit on wall time.
    Abandoned,
}

/// Builds the records of one call, hop by hop.
pub(crate) struct Recorder {
    observer: Option<Observer>,
    record: Exchange,
    /// Bytes of the request's body so far, where it is sent as it comes.
    streamed_bytes: Option<Arc<AtomicUsize>>,
    started: Instant,
    /// Whether the record's URL is a target's, and no secret of a guest or upstream can be in it.
    is_parsed: bool,
    /// Whether an exchange is under way that has no outcome yet.
    is_open: bool,
}

impl Recorder {
    pub(crate) fn new(
        observer: Option<&Observer>,
        component: &Arc<str>,
        method: Method,
        uri: &str,
    ) -> Self {
        let record = Exchange {
            component: Arc::clone(component),
            method,
            url: uri.to_owned(),
            rule: None,
            hop: 0,
            address: None,
            request_body_bytes: 0,
            outcome: Outcome::Response {
                status: 0,
                body_bytes: 0,
            },
            duration: Duration::ZERO,
        };
        Self {
            observer: observer.cloned(),
            record,
            streamed_bytes: None,
            started: Instant::now(),
            is_parsed: false,
            is_open: true,
        }
    }

    pub(crate) fn parsed(&mut self, url: String) {
        self.record.url = url;
        self.is_parsed = true;
    }

    pub(crate) fn allowed_by(&mut self, rule: &Rule) {
        self.record.rule = Some(rule.entry().to_owned());
    }

    pub(crate) fn sending(&mut self, method: &Method, request_body_bytes: usize) {
        self.record.method = method.clone();
        self.record.request_body_bytes = request_body_bytes;
    }

    /// [`Recorder::sending`] for a body whose bytes are counted as they go.
    pub(crate) fn sending_streamed(&mut self, sent_bytes: Arc<AtomicUsize>) {
        self.streamed_bytes = Some(sent_bytes);
    }

    pub(crate) fn answered(
        &mut self,
        status: StatusCode,
        body_bytes: usize,
        address: Option<SocketAddr>,
    ) {
        self.record.address = address;
        self.finish(Outcome::Response {
            status: status.as_u16(),
            body_bytes,
        });
    }

    /// `error_code` is what the guest gets, in the words of the interface that it called.
    pub(crate) fn failed(&mut self, error_code: &'static str, failure: &Failure) {
        self.finish(Outcome::Failed {
            error_code,
            cause: failure.to_string(),
        });
    }

    /// Goes on with a redirect.
    pub(crate) fn next_hop(&mut self, location: &str) {
        self.record.hop += 1;
        location.clone_into(&mut self.record.url);
        self.is_parsed = false;
        self.record.rule = None;
        self.record.address = None;
        self.started = Instant::now();
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
        self.record.log();
        if let Some(observer) = &self.observer {
            observer(&self.record);
        }
    }
}

/// The guest's call is dropped when its invocation ends; what was sent must still be on record.
impl Drop for Recorder {
    fn drop(&mut self) {
        if self.is_open {
            self.finish(Outcome::Abandoned);
        }
    }
}

impl Exchange {
    /// One structured line: what succeeded is information, what failed is a warning.
    fn log(&self) {
        let duration_us = u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX);
        let rule = self.rule.as_deref().unwrap_or("-");
        macro_rules! line {
            ($level:ident, $message:expr $(, $field:ident)*) => {
                tracing::$level!(
                    target: "spin_harness::outbound",
                    component = &*self.component, method = %self.method, url = self.url, rule, hop = self.hop,
                    request_body_bytes = self.request_body_bytes, $($field,)* duration_us,
                    "{}", $message
                )
            };
        }
        match &self.outcome {
            Outcome::Response { status, body_bytes } => {
                let address = self.address.map(tracing::field::display);
                line!(info, "outbound", status, body_bytes, address);
            }
            Outcome::Failed { error_code, cause } => line!(warn, cause, error_code),
            Outcome::Abandoned => line!(warn, "the invocation ended before the response was there"),
        }
    }
}
