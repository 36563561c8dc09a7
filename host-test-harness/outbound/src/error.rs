//! Why an outbound call has no response.

use std::time::Duration;

use outbound_policy::{BlockedAddress, Denial, InvalidUri};

use crate::body::BodyError;
use crate::context::PeerError;
use crate::headers::InvalidHeader;
use crate::limits::HeaderLimits;
use crate::transport::error::{Phase, TransportError, TransportFailure};

/// Why an outbound call has no response. Displays as one sentence for the log.
///
/// The set is closed: each import maps it to its own error-codes by an exhaustive `match`.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URI cannot be parsed.
    #[error(transparent)]
    InvalidUri(InvalidUri),
    /// A relative URI, or one of `self`, of a program without an origin.
    #[error(
        "a program has no origin for a `self` request; set one with `--self-origin http://HOST:PORT`"
    )]
    NoOrigin,
    /// The allow-list denies the target. The sentence names the entry that would permit it.
    #[error("{0}")]
    Denied(Denial),
    /// The address in the URL is in a blocked network.
    #[error(transparent)]
    Blocked(BlockedAddress),
    /// The method CONNECT asks for a tunnel, which no guest can use.
    #[error("the method CONNECT is not supported: a guest cannot use a tunnel")]
    Tunnel,
    /// The guest's own `content-length` is not the length of its body.
    #[error("the header `content-length: {given}` contradicts the body of {body_bytes} bytes")]
    ContentLength {
        /// The header's value.
        given: String,
        /// The body's length, in bytes.
        body_bytes: usize,
    },
    /// A header that HTTP cannot carry.
    #[error(transparent)]
    InvalidHeader(InvalidHeader),
    /// The request body exceeds its limit.
    #[error("the request body exceeds the limit of {limit} bytes")]
    RequestBodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The guest failed, or gave its request body up before the end.
    #[error("the request body was aborted: {0}")]
    RequestBodyAborted(String),
    /// The header section of the request exceeds its limits.
    #[error("the header section of the request exceeds the limit of {0}")]
    RequestHeaders(HeaderLimits),
    /// The response body exceeds its limit.
    #[error("the response body exceeds the limit of {limit} bytes")]
    ResponseBodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The header section of the response exceeds its limits.
    #[error("the header section of the response exceeds the limit of {0}")]
    ResponseHeaders(HeaderLimits),
    /// A phase of the call took longer than its limit.
    #[error("timed out after {limit:?} waiting for {phase}{}", if *.by_guest { " (timeout set by the guest)" } else { "" })]
    Timeout {
        /// The phase.
        phase: Phase,
        /// Its limit.
        limit: Duration,
        /// Whether the guest set the limit.
        by_guest: bool,
    },
    /// The invocation has made as many outbound calls as it may.
    #[error("the invocation has made {limit} outbound calls, as many as it may")]
    TooManyCalls {
        /// The limit.
        limit: u32,
    },
    /// A redirect after as many redirects as are followed.
    #[error("more than {limit} redirects, the last to {last}; is it a loop?")]
    TooManyRedirects {
        /// The limit.
        limit: u32,
        /// The URL of the redirect that was not followed.
        last: String,
    },
    /// A redirect whose `location` is not a URL.
    #[error("invalid redirect location: {0}")]
    InvalidLocation(InvalidUri),
    /// A redirect with several different `location` fields.
    #[error("invalid redirect: the `location` fields contradict each other")]
    AmbiguousLocation,
    /// An informational status instead of a response.
    #[error("invalid response status {0}; a response has 200 to 999")]
    UnexpectedStatus(u16),
    /// In-process calls are nested too deep.
    #[error("more than {limit} nested in-process calls; does the application call itself?")]
    SelfCallDepth {
        /// The limit.
        limit: u32,
    },
    /// A component of the same application has no response.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A mock has no response: none matches the request, its template failed, or it has a
    /// wrong `content-length`. The sentence names the nearest mock and
    /// each field that is not as it expects.
    #[error("{0}")]
    Mock(String),
    /// The call would go to the network while tokio's clock is virtual. Its time limits would pass at once.
    #[error(
        "the call would go to the network while time is virtual, and time out at once; mock it, or use the real clock"
    )]
    VirtualTime,
    /// The exchange failed.
    #[error(transparent)]
    Transport(TransportFailure),
}

impl OutboundError {
    /// Why a response body cannot be read to its end.
    pub(crate) fn from_response_body(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { limit } => Self::ResponseBodyTooLarge { limit },
            BodyError::Producer { source, details } => {
                Self::Peer(PeerError::Failed { source, details })
            }
            BodyError::Aborted(source) => Self::Transport(TransportFailure {
                error: TransportError::Incomplete,
                source: Some(source),
            }),
            BodyError::Transport(failure) => Self::Transport(failure),
        }
    }

    /// The whole response took longer than it may.
    pub(crate) fn response_timeout(limit: Duration) -> Self {
        Self::Timeout {
            phase: Phase::WholeResponse,
            limit,
            by_guest: false,
        }
    }

    /// More than the sentence, for a person who looks for the reason: what a failed component wrote to stderr, and
    /// its backtrace.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        let Self::Peer(PeerError::Failed { details, .. }) = self else {
            return None;
        };
        Some(details.as_str()).filter(|details| !details.is_empty())
    }
}

impl From<TransportFailure> for OutboundError {
    fn from(failure: TransportFailure) -> Self {
        Self::Transport(failure)
    }
}

impl From<TransportError> for OutboundError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error.into())
    }
}
