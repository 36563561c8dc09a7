//! Why an outbound call has no response: the code for the guest, the cause for the log.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use outbound_policy::{BlockedAddress, InvalidUri};

use crate::Limits;
use crate::bindings::wire::HttpError;
use crate::body::BodyError;
use crate::headers::InvalidHeader;
use crate::outbound::connect::TooManyConnections;

#[derive(Debug)]
pub(crate) enum Failure {
    InvalidUri(InvalidUri),
    /// A relative URI of a program that has no origin.
    NoOrigin,
    /// The sentence of the denial, which names the entry that would permit it.
    Denied(String),
    /// Each address of the URI host is in a blocked network; the sentence names one.
    Blocked(String),
    /// A method that asks for a tunnel, which no guest can use.
    Tunnel,
    /// The guest's own `content-length` is not the length of its body.
    ContentLength {
        given: String,
        body_bytes: usize,
    },
    InvalidHeader(InvalidHeader),
    /// A limit, in bytes.
    RequestBody {
        limit: usize,
    },
    /// The guest gave its request's body up, or failed before its end.
    RequestBodyCut(String),
    /// The request's header section exceeds a limit, in bytes or fields.
    RequestHeaders {
        what: &'static str,
        limit: usize,
    },
    /// A limit, in bytes.
    ResponseBody {
        limit: usize,
    },
    ResponseHeaders {
        bytes: usize,
        fields: usize,
    },
    Timeout {
        what: &'static str,
        limit: Duration,
    },
    TooManyCalls {
        limit: u32,
    },
    TooManyConnections {
        limit: usize,
    },
    TooManyRedirects {
        limit: u32,
        last: String,
    },
    /// A `location` that is no URL.
    InvalidLocation(InvalidUri),
    /// Several `location` fields that do not agree.
    AmbiguousLocation,
    /// An informational status where a response was due.
    UnexpectedStatus(u16),
    SelfCallDepth {
        limit: u32,
    },
    /// The host of `http://NAME.spin.internal/`, which no component has.
    NoSuchComponent {
        name: String,
        known: Vec<String>,
    },
    SelfCall(crate::Error),
    /// Resolution, connection, TLS, or an answer that is malformed or cut.
    Transport(Box<dyn StdError + Send + Sync>),
}

impl Failure {
    /// Which case of the WIT enum the guest gets.
    pub(crate) fn error_code(&self) -> HttpError {
        match self {
            Self::InvalidUri(_) | Self::NoOrigin => HttpError::InvalidUrl,
            Self::Denied(_) | Self::Blocked(_) => HttpError::DestinationNotAllowed,
            Self::Tunnel | Self::ContentLength { .. } | Self::RequestBodyCut(_) => {
                HttpError::RequestError
            }
            Self::TooManyCalls { .. } | Self::TooManyConnections { .. } => {
                HttpError::TooManyRequests
            }
            Self::InvalidHeader(_)
            | Self::RequestBody { .. }
            | Self::RequestHeaders { .. }
            | Self::ResponseBody { .. }
            | Self::ResponseHeaders { .. }
            | Self::Timeout { .. }
            | Self::TooManyRedirects { .. }
            | Self::InvalidLocation(_)
            | Self::AmbiguousLocation
            | Self::UnexpectedStatus(_)
            | Self::SelfCallDepth { .. }
            | Self::NoSuchComponent { .. }
            | Self::SelfCall(_)
            | Self::Transport(_) => HttpError::RuntimeError,
        }
    }

    /// [`Failure::error_code`] in the words of the WIT.
    pub(crate) fn error_code_name(&self) -> &'static str {
        match self.error_code() {
            HttpError::Success => "success",
            HttpError::DestinationNotAllowed => "destination-not-allowed",
            HttpError::InvalidUrl => "invalid-url",
            HttpError::RequestError => "request-error",
            HttpError::RuntimeError => "runtime-error",
            HttpError::TooManyRequests => "too-many-requests",
        }
    }

    /// Sorts what the HTTP client reports: a limit behind it is named as such.
    pub(crate) fn transport(
        error: impl Into<Box<dyn StdError + Send + Sync>>,
        limits: &Limits,
    ) -> Self {
        let error = error.into();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
        while let Some(current) = cause {
            if current.is::<TooManyConnections>() {
                return Self::TooManyConnections {
                    limit: limits.connections_per_upstream,
                };
            }
            if let Some(blocked) = current.downcast_ref::<BlockedAddress>() {
                return Self::Blocked(blocked.to_string());
            }
            match current.downcast_ref::<BodyError>() {
                Some(BodyError::TooLarge(limit)) => return Self::RequestBody { limit: *limit },
                Some(cut @ (BodyError::Guest(_) | BodyError::Cut(_))) => {
                    return Self::RequestBodyCut(cut.to_string());
                }
                None => {}
            }
            if current
                .downcast_ref()
                .is_some_and(hyper::Error::is_parse_too_large)
            {
                return Self::response_headers(limits);
            }
            cause = current.source();
        }
        Self::Transport(error)
    }

    /// Why the body of a response cannot be read to its end.
    pub(crate) fn response_body(error: BodyError, limits: &Limits) -> Self {
        match error {
            BodyError::TooLarge(limit) => Self::ResponseBody { limit },
            BodyError::Guest(error) => Self::SelfCall(error),
            BodyError::Cut(error) => Self::transport(error, limits),
        }
    }

    /// The response's header section exceeds its limits.
    pub(crate) fn response_headers(limits: &Limits) -> Self {
        Self::ResponseHeaders {
            bytes: limits.header_section_bytes,
            fields: limits.header_fields,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUri(error) => error.fmt(formatter),
            Self::NoOrigin => formatter.write_str(
                "a program has no origin for a `self` request: give one with `--self-origin http://HOST:PORT`",
            ),
            Self::Denied(sentence) | Self::Blocked(sentence) => formatter.write_str(sentence),
            Self::Tunnel => formatter.write_str("a guest cannot use the tunnel that CONNECT asks for"),
            Self::ContentLength { given, body_bytes } => {
                write!(formatter, "the header `content-length: {given}` contradicts the body of {body_bytes} bytes")
            }
            Self::InvalidHeader(error) => error.fmt(formatter),
            Self::RequestBody { limit } => {
                write!(formatter, "the limit of {limit} bytes in the request's body is reached")
            }
            Self::RequestBodyCut(cause) => write!(formatter, "the request's body has no end: {cause}"),
            Self::RequestHeaders { what, limit } => {
                write!(formatter, "the limit of {limit} {what} in the request's header section is reached")
            }
            Self::ResponseBody { limit } => {
                write!(formatter, "the limit of {limit} bytes in the response's body is reached")
            }
            Self::ResponseHeaders { bytes, fields } => {
                write!(formatter, "the response's header section exceeds the limit of {bytes} bytes or {fields} fields")
            }
            Self::Timeout { what, limit } => write!(formatter, "the limit of {limit:?} for {what} is reached"),
            Self::TooManyCalls { limit } => {
                write!(formatter, "the limit of {limit} outbound calls in one invocation is reached")
            }
            Self::TooManyConnections { limit } => {
                write!(formatter, "all {limit} connections to the upstream were busy for as long as a connection may take")
            }
            Self::TooManyRedirects { limit, last } => {
                write!(formatter, "the limit of {limit} redirects is reached, the last to {last}; is it a loop?")
            }
            Self::InvalidLocation(error) => write!(formatter, "the upstream redirects to no usable URL: {error}"),
            Self::AmbiguousLocation => formatter.write_str("the upstream redirects to several locations at once"),
            Self::UnexpectedStatus(status) => {
                write!(formatter, "the upstream answered with status {status} where a response of 200 to 999 was due")
            }
            Self::SelfCallDepth { limit } => {
                write!(formatter, "the limit of {limit} nested calls in process is reached; does the application call itself?")
            }
            Self::NoSuchComponent { name, known } => {
                write!(formatter, "there is no component `{name}` in this application; it has {}", known.join(", "))
            }
            Self::SelfCall(error) => {
                write!(formatter, "the call in process failed: {error}")?;
                for part in [Some(error.guest_stderr()), error.backtrace()].into_iter().flatten() {
                    write!(formatter, "\n{}", part.trim_end())?;
                }
                Ok(())
            }
            Self::Transport(error) => write_chain(formatter, &**error),
        }
    }
}

/// An error with all its causes, leaving out a cause that the error before it has spelt out.
fn write_chain(
    formatter: &mut fmt::Formatter<'_>,
    error: &(dyn StdError + 'static),
) -> fmt::Result {
    let mut last = error.to_string();
    formatter.write_str(&last)?;
    let mut cause = error.source();
    while let Some(current) = cause {
        let text = current.to_string();
        if !last.contains(&text) {
            write!(formatter, ": {text}")?;
        }
        last = text;
        cause = current.source();
    }
    Ok(())
}
