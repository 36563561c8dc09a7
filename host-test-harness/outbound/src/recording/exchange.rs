//! A recorded exchange, with its bodies.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version};

use crate::exchange::{ABANDONED, CANCELLED, Exchange, Outcome, Via};
use crate::transport::error::TransportError;

/// One exchange as it was recorded. Each redirect hop is an exchange of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedExchange {
    /// The number of an outbound exchange, as [`Exchange::id`] has it. A file does not have it.
    pub id: Option<u64>,
    /// As [`Exchange::parent`] has it. A file does not have it.
    pub parent: Option<u64>,
    /// Whether the guest sent the request or received it.
    pub direction: Direction,
    /// The number of the chain of calls that it belongs to: an inbound request has that of the calls that it leads to.
    /// `None` if the recording was made by another program.
    pub chain: Option<u64>,
    /// The guest's name; `None` if the recording was made by another program.
    pub component: Option<Arc<str>>,
    /// When the exchange began. A file keeps milliseconds.
    pub started: SystemTime,
    /// 0 for the guest's own request, 1 for the first redirect, and so on.
    pub hop: u32,
    /// The allow-list entry that permitted the request, as the user wrote it.
    pub rule: Option<String>,
    /// As [`Exchange::entry_to_add`] has it. A file has it in the sentence of the failure.
    pub entry_to_add: Option<String>,
    /// Where the response came from; `None` without a response.
    pub via: Option<Via>,
    /// The request as it was sent.
    pub request: RecordedRequest,
    /// The response; `None` if no head arrived. A response whose body failed has [`failure`](Self::failure), too.
    pub response: Option<RecordedResponse>,
    /// Why there is no response, or no whole one; for an inbound exchange, also why the response is not the guest's.
    pub failure: Option<RecordedFailure>,
    /// How long the phases took.
    pub timings: RecordedTimings,
}

/// Who sent the request of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The guest.
    #[default]
    Outbound,
    /// A client of the guest.
    Inbound,
}

/// A recorded request. Values keep their order within a name.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The URL, as [`Exchange::url`] has it.
    pub url: String,
    /// The header fields. Empty for a request that the host refused, since such a request has no valid head.
    pub headers: HeaderMap,
    /// The body, and the trailers after it.
    pub body: RecordedBody,
}

/// A recorded response. Values keep their order within a name.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedResponse {
    /// The status.
    pub status: StatusCode,
    /// The version of HTTP; HTTP/1.1 if the response did not come over a connection. For an inbound exchange, that of the
    /// request.
    pub version: Version,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body as the guest read it, and the trailers after it.
    pub body: RecordedBody,
}

/// A recorded body: bytes as they passed, content codings unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedBody {
    /// The bytes that passed; of a larger body, none or the first, as the recording says. Empty if [`end`](Self::end) is
    /// [`BodyEnd::Missing`].
    pub bytes: Bytes,
    /// How many bytes passed, whether the recording has them or not.
    pub size: u64,
    /// The fields after the body.
    pub trailers: HeaderMap,
    /// How it ended.
    pub end: BodyEnd,
}

impl RecordedBody {
    /// A whole body without trailers.
    pub fn complete(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            size: bytes.len() as u64,
            bytes,
            trailers: HeaderMap::new(),
            end: BodyEnd::Complete,
        }
    }

    /// A body that the recording does not have.
    #[must_use]
    pub fn missing() -> Self {
        Self {
            end: BodyEnd::Missing,
            ..Self::complete(Bytes::new())
        }
    }
}

/// How a recorded body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// It was read to its end.
    Complete,
    /// Its reader stopped before the end, or the call ended.
    Stopped,
    /// It failed after the recorded bytes.
    Failed,
    /// It was larger than [`Recording::body_bytes`](super::Recording::body_bytes).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The program that made the recording left it out.
    Missing,
}

/// Why a recorded exchange failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFailure {
    /// The failure of the transport, which a replay can repeat; `None` if the host itself ended the call: by a
    /// permission, a limit or a failed component.
    pub error: Option<TransportError>,
    /// The error-code that the guest got; `None` if it had ended the call, or if the invocation had ended.
    pub error_code: Option<String>,
    /// The reason, in one sentence.
    pub cause: String,
    /// For a component that failed here: the end of its stderr, and a backtrace.
    pub details: Option<String>,
}

/// How long the phases of an exchange took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordedTimings {
    /// Until the network had a kept connection for the request, or began to open one. Without a connection, until the
    /// transport had the request.
    pub blocked: Duration,
    /// From there until the upstream's name had an address. `None` if no connection was opened, and for an address in the
    /// URL.
    pub dns: Option<Duration>,
    /// From there until the connection was open, with its TLS handshake; if it was not, until the failure, name resolution
    /// included. `None` if no connection was opened.
    pub connect: Option<Duration>,
    /// The TLS handshake, which is a part of [`connect`](Self::connect). `None` without TLS.
    pub tls: Option<Duration>,
    /// From there until the request body was sent; zero if the body was in memory.
    pub send: Duration,
    /// From there until the head of the response, or the failure.
    pub wait: Duration,
    /// From there until the last byte of the response.
    pub receive: Duration,
}

impl RecordedTimings {
    /// The time of the whole exchange.
    #[must_use]
    pub fn total(&self) -> Duration {
        let opened = [self.dns, self.connect].into_iter().flatten();
        self.blocked + opened.sum::<Duration>() + self.send + self.wait + self.receive
    }
}

impl RecordedExchange {
    /// An exchange that ended before the transport had it.
    pub(super) fn without_transport(exchange: &Exchange) -> Self {
        let end = match exchange.request_body_bytes {
            0 => BodyEnd::Complete,
            _ => BodyEnd::Missing,
        };
        Self {
            id: Some(exchange.id),
            parent: exchange.parent,
            direction: Direction::Outbound,
            chain: Some(exchange.chain),
            component: Some(Arc::clone(&exchange.component)),
            started: exchange.started,
            hop: exchange.hop,
            rule: exchange.rule.clone(),
            entry_to_add: exchange.entry_to_add.clone(),
            via: exchange.via.clone(),
            request: RecordedRequest {
                method: exchange.method.clone(),
                url: exchange.url.clone(),
                headers: HeaderMap::new(),
                body: RecordedBody {
                    end,
                    size: exchange.request_body_bytes as u64,
                    ..RecordedBody::complete(Bytes::new())
                },
            },
            response: None,
            failure: RecordedFailure::of(&exchange.outcome),
            timings: RecordedTimings {
                blocked: exchange.duration,
                ..RecordedTimings::default()
            },
        }
    }
}

impl RecordedFailure {
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Response { .. } => None,
            Outcome::Failed {
                error_code,
                cause,
                details,
            } => Some(Self {
                error: None,
                error_code: Some((*error_code).to_owned()),
                cause: cause.clone(),
                details: details.clone(),
            }),
            Outcome::Cancelled => Some(Self::because(CANCELLED)),
            Outcome::Abandoned => Some(Self::abandoned()),
        }
    }

    pub(super) fn abandoned() -> Self {
        Self::because(ABANDONED)
    }

    fn because(cause: &str) -> Self {
        Self::of_guest(cause.to_owned(), String::new())
    }

    /// The details may be empty.
    pub(super) fn of_guest(cause: String, details: String) -> Self {
        Self {
            error: None,
            error_code: None,
            cause,
            details: Some(details).filter(|details| !details.is_empty()),
        }
    }
}
