//! Why a request has no response.

use std::error::Error as StdError;
use std::fmt;

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
use crate::bindings::fermyon::spin::http_types as wire;
use crate::headers::{HeaderNotUtf8, InvalidResponseHeader};
use crate::http::uri::{Authority, Uri};
use crate::http::{Method, status::InvalidStatusCode};

/// Any error.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request has no response.
///
/// Match on [`kind`](Error::kind). The `Display` text names the request, the problem and the fix.
///
/// [`source`](StdError::source) is the cause if the SDK could not convert a value. The cause of a
/// network error is in the host's log only: the interface between guest and host carries nothing
/// but the kind.
///
/// # Examples
///
/// ```
/// use spin_sdk::ErrorKind;
/// use spin_sdk::http::Request;
/// use spin_sdk::outbound_http::send_request;
///
/// let request = Request::get("https://user:secret@api.test/").body(None)?;
/// let error = send_request(request).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidUrl);
/// assert_eq!(
///     error.to_string(),
///     "GET https://api.test/: the URL contains user information, which is never sent; \
///      remove it and set an `authorization` header",
/// );
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    reason: Reason,
    method: Method,
    uri: Uri,
}

/// The category of an [`Error`].
///
/// Each kind means the same in every SDK of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The host's policy does not permit the URI, the target of a redirect, or an address that
    /// the URI host resolved to.
    DestinationNotAllowed,
    /// The URI contains user information, is neither absolute nor a path, cannot be parsed by the
    /// host, or is a path although there is no application to call.
    InvalidUrl,
    /// The request is inconsistent: its `content-length` is not the length of its body.
    RequestError,
    /// The request failed: name resolution, connection, TLS, timeout, a limit, a redirect loop,
    /// a header that is not valid on the wire, or a malformed response.
    RuntimeError,
    /// The host's limit on outbound requests or connections is reached.
    TooManyRequests,
    /// The method is not GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS. Nothing was sent.
    UnsupportedMethod,
    /// A header value is not UTF-8. Nothing was sent.
    InvalidHeader,
    /// The request body cannot be encoded, in which case nothing was sent; or the reader of a
    /// streamed body failed.
    InvalidBody,
    /// The `http` crate cannot represent the response that the host returned.
    InvalidResponse,
    /// The program was not built for WebAssembly, so it has no host, and the test has no
    /// [`TestHost`](crate::testing::TestHost). Nothing was sent.
    NoHost,
}

impl Error {
    pub(crate) fn new(reason: Reason, method: Method, uri: Uri) -> Self {
        let uri = without_user_info(uri);
        Self(Box::new(Inner {
            reason,
            method,
            uri,
        }))
    }

    /// The category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.reason.kind()
    }

    /// The error code of `wasi:http`, as its WIT names it, such as `connection-refused`.
    ///
    /// A time of `Timeouts` that has passed is `HTTP-response-timeout` before the head of the
    /// response, and `connection-read-timeout` after it.
    ///
    /// `None` if the SDK found another error, and without the feature `wasi-http`, because
    /// `fermyon:spin/http` carries nothing but the kind.
    #[must_use]
    pub fn cause_code(&self) -> Option<&str> {
        #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
        if let Reason::ErrorCode { name, .. } = self.0.reason {
            return Some(name);
        }
        #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
        if let Reason::Timeout { is_in_body, .. } = self.0.reason {
            return Some(if is_in_body {
                "connection-read-timeout"
            } else {
                "HTTP-response-timeout"
            });
        }
        None
    }

    /// Whether the call took too long: the name resolution, the connection or the response, by a
    /// time of `Timeouts` or of the host.
    ///
    /// Always false without the feature `wasi-http`, because `fermyon:spin/http` does not tell.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.cause_code().is_some_and(|code| {
            matches!(
                code,
                "DNS-timeout"
                    | "connection-timeout"
                    | "connection-read-timeout"
                    | "connection-write-timeout"
                    | "HTTP-response-timeout"
            )
        })
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The URI of the request, without user information.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0.uri
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            reason,
            method,
            uri,
        } = &*self.0;
        write!(formatter, "{method} {uri}: {reason}")?;
        #[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
        if matches!(reason, Reason::Redirect { .. }) {
            return Ok(());
        }
        if reason.kind() == ErrorKind::DestinationNotAllowed {
            write_permission(formatter, uri)?;
        }
        Ok(())
    }
}

/// Appends the manifest entry that would permit `uri`.
fn write_permission(formatter: &mut fmt::Formatter<'_>, uri: &Uri) -> fmt::Result {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), _) if scheme != "http" && scheme != "https" => {
            return formatter.write_str("; only http and https URLs can be permitted");
        }
        (Some(scheme), Some(authority)) => write!(
            formatter,
            "; add \"{scheme}://{authority}\" to allowed_outbound_hosts \
             (or to allowed_http_hosts in a version 1 manifest)"
        ),
        _ => formatter.write_str(
            "; add \"http://self\" to allowed_outbound_hosts \
             (or \"self\" to allowed_http_hosts in a version 1 manifest)",
        ),
    }?;
    formatter.write_str(
        "; if it is listed already, the host denied a redirect target or a blocked network: \
         see the host's log",
    )
}

/// Prints kind and message, because a `main` that returns the error prints it with `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {self}", self.kind())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.reason {
            Reason::HeaderNotUtf8(error) => error.source(),
            Reason::InvalidResponseHeader(error) => error.source(),
            Reason::StatusOutOfRange { source, .. } => Some(source),
            #[cfg(not(target_family = "wasm"))]
            Reason::NoHost => None,
            #[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
            Reason::Redirect { .. } => None,
            Reason::Body { source, .. } => Some(&**source),
            Reason::DestinationNotAllowed
            | Reason::InvalidUrl
            | Reason::RequestError
            | Reason::RuntimeError
            | Reason::TooManyRequests
            | Reason::UserInformation
            | Reason::UrlNotAbsolute
            | Reason::UnsupportedMethod => None,
            #[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
            Reason::Success => None,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Reason::ErrorCode { .. }
            | Reason::HostField
            | Reason::FieldRefused(_)
            | Reason::BodyGone
            | Reason::TimeoutRefused
            | Reason::Timeout { .. } => None,
        }
    }
}

/// The cause of an [`Error`], in as much detail as the SDK has.
#[derive(Debug)]
pub(crate) enum Reason {
    DestinationNotAllowed,
    InvalidUrl,
    RequestError,
    RuntimeError,
    TooManyRequests,
    /// The host returned the error code `success`.
    #[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
    Success,
    /// An error code of `wasi:http`.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    ErrorCode {
        name: &'static str,
        kind: ErrorKind,
    },
    /// A `host` field that is not that of the URI.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    HostField,
    /// The host cannot measure the times of a call.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    TimeoutRefused,
    /// A part of the call took longer than the program permits.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    Timeout {
        what: &'static str,
        time: std::time::Duration,
        /// The head of the response has arrived.
        is_in_body: bool,
    },
    /// The host does not permit what this names.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    FieldRefused(String),
    /// What is wrong with a redirect that the SDK follows.
    #[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
    Redirect {
        kind: ErrorKind,
        problem: &'static str,
    },
    /// A redirect asks for the body again, which was a reader.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    BodyGone,
    /// The request body cannot be encoded or read. The error is boxed where it occurs, since a
    /// component in which it cannot occur is smaller then.
    Body {
        problem: &'static str,
        source: BoxError,
    },
    UserInformation,
    UrlNotAbsolute,
    UnsupportedMethod,
    HeaderNotUtf8(HeaderNotUtf8),
    InvalidResponseHeader(InvalidResponseHeader),
    StatusOutOfRange {
        status: u16,
        source: InvalidStatusCode,
    },
    #[cfg(not(target_family = "wasm"))]
    NoHost,
}

impl Reason {
    /// A value is no JSON.
    #[cfg(feature = "json")]
    pub(crate) fn body_not_json(error: serde_json::Error) -> Self {
        Self::Body {
            problem: "the body cannot be encoded as JSON",
            source: error.into(),
        }
    }

    /// The reader of a request body failed.
    pub(crate) fn body_not_read(error: std::io::Error) -> Self {
        Self::Body {
            problem: "the reader of the request body failed",
            source: error.into(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::DestinationNotAllowed => ErrorKind::DestinationNotAllowed,
            Self::InvalidUrl | Self::UserInformation | Self::UrlNotAbsolute => {
                ErrorKind::InvalidUrl
            }
            Self::RequestError => ErrorKind::RequestError,
            Self::RuntimeError => ErrorKind::RuntimeError,
            #[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
            Self::Redirect { kind, .. } => *kind,
            Self::Body { .. } => ErrorKind::InvalidBody,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::BodyGone => ErrorKind::InvalidBody,
            Self::TooManyRequests => ErrorKind::TooManyRequests,
            Self::UnsupportedMethod => ErrorKind::UnsupportedMethod,
            Self::HeaderNotUtf8(_) => ErrorKind::InvalidHeader,
            Self::InvalidResponseHeader(_) | Self::StatusOutOfRange { .. } => {
                ErrorKind::InvalidResponse
            }
            #[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
            Self::Success => ErrorKind::InvalidResponse,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::ErrorCode { kind, .. } => *kind,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::HostField | Self::FieldRefused(_) => ErrorKind::InvalidHeader,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::TimeoutRefused => ErrorKind::RequestError,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::Timeout { .. } => ErrorKind::RuntimeError,
            #[cfg(not(target_family = "wasm"))]
            Self::NoHost => ErrorKind::NoHost,
        }
    }
}

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
impl From<wire::HttpError> for Reason {
    fn from(error: wire::HttpError) -> Self {
        match error {
            wire::HttpError::Success => Self::Success,
            wire::HttpError::DestinationNotAllowed => Self::DestinationNotAllowed,
            wire::HttpError::InvalidUrl => Self::InvalidUrl,
            wire::HttpError::RequestError => Self::RequestError,
            wire::HttpError::RuntimeError => Self::RuntimeError,
            wire::HttpError::TooManyRequests => Self::TooManyRequests,
        }
    }
}

// The SDKs share these texts: `host-test-harness/conformance/sdk-errors.json` is the table that the
// tests compare them with.
impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DestinationNotAllowed => "the component's permissions do not cover this call",
            Self::InvalidUrl => {
                "the host cannot parse the URL, or the URL is a path and there is no application \
                 to call; use an absolute URL and percent-encode special characters"
            }
            Self::RequestError => {
                "the request is inconsistent; remove the `content-length` header or set it to the \
                 length of the body"
            }
            Self::RuntimeError => {
                "the request failed (name resolution, connection, TLS, timeout, a limit, or a \
                 malformed response); see the host's log for the cause"
            }
            Self::TooManyRequests => {
                "the host's limit on outbound requests is reached; send fewer requests or raise \
                 the limit in the host"
            }
            #[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
            Self::Success => {
                "the host returned the error code `success`, which is a bug in the host"
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::ErrorCode { name, kind } => {
                text_of(*kind).fmt(formatter)?;
                return write!(formatter, " ({name})");
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::TimeoutRefused => {
                "the host cannot limit the time of one phase of a call; set only `total`"
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::Timeout { what, time, .. } => {
                return write!(formatter, "{what} took longer than {time:?}");
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::HostField => {
                "wasi:http has no way to send another `host` than that of the URL; remove the \
                 header, or build without the feature `wasi-http`"
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::FieldRefused(what) => {
                return write!(
                    formatter,
                    "the host does not permit {what} in a request over wasi:http; remove it"
                );
            }
            #[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
            Self::Redirect { problem, .. } => problem,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Self::BodyGone => {
                "a redirect asks for the request body again, which was streamed; send a body of \
                 bytes, or request the target of the redirect"
            }
            Self::Body { problem, .. } => problem,
            Self::UserInformation => {
                "the URL contains user information, which is never sent; remove it and set an \
                 `authorization` header"
            }
            Self::UrlNotAbsolute => {
                "the URL is not absolute; start it with http:// or https://, or with / to call \
                 the component's own application"
            }
            Self::UnsupportedMethod => {
                "the host does not support this method; use GET, POST, PUT, DELETE, PATCH, HEAD \
                 or OPTIONS, in upper case"
            }
            Self::HeaderNotUtf8(error) => return error.fmt(formatter),
            Self::InvalidResponseHeader(error) => return error.fmt(formatter),
            Self::StatusOutOfRange { status, .. } => {
                return write!(
                    formatter,
                    "the response status {status} is outside the range 100 to 999"
                );
            }
            #[cfg(not(target_family = "wasm"))]
            Self::NoHost => {
                "this program does not run inside a Spin host; build it for wasm32-wasip2 and run \
                 the component in a host, or answer the call with spin_sdk::testing in a test"
            }
        })
    }
}

/// The reason with the text for an error of the host of this kind.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
fn text_of(kind: ErrorKind) -> Reason {
    match kind {
        ErrorKind::DestinationNotAllowed => Reason::DestinationNotAllowed,
        ErrorKind::InvalidUrl => Reason::InvalidUrl,
        ErrorKind::RequestError => Reason::RequestError,
        ErrorKind::TooManyRequests => Reason::TooManyRequests,
        ErrorKind::UnsupportedMethod => Reason::UnsupportedMethod,
        ErrorKind::RuntimeError
        | ErrorKind::InvalidHeader
        | ErrorKind::InvalidBody
        | ErrorKind::InvalidResponse
        | ErrorKind::NoHost => Reason::RuntimeError,
    }
}

/// The URI without user information, for messages and logs; `/` if it cannot be rebuilt.
fn without_user_info(uri: Uri) -> Uri {
    let Some((_, host_and_port)) = uri.authority().and_then(|a| a.as_str().rsplit_once('@')) else {
        return uri;
    };
    let Ok(authority) = Authority::try_from(host_and_port) else {
        return Uri::default();
    };
    let mut parts = uri.into_parts();
    parts.authority = Some(authority);
    Uri::from_parts(parts).unwrap_or_default()
}

#[cfg(test)]
mod shared_table;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: Reason, uri: &str) -> Error {
        Error::new(reason, Method::GET, uri.parse().unwrap())
    }

    #[test]
    fn every_error_of_the_host_has_its_kind() {
        use wire::HttpError;
        for (wire_error, want) in [
            (HttpError::Success, ErrorKind::InvalidResponse),
            (
                HttpError::DestinationNotAllowed,
                ErrorKind::DestinationNotAllowed,
            ),
            (HttpError::InvalidUrl, ErrorKind::InvalidUrl),
            (HttpError::RequestError, ErrorKind::RequestError),
            (HttpError::RuntimeError, ErrorKind::RuntimeError),
            (HttpError::TooManyRequests, ErrorKind::TooManyRequests),
        ] {
            assert_eq!(Reason::from(wire_error).kind(), want, "{wire_error:?}");
        }
    }

    #[test]
    fn denial_names_the_entry_to_add() {
        for (uri, want) in [
            (
                "https://api.test/v1?q=1",
                "add \"https://api.test\" to allowed_outbound_hosts",
            ),
            (
                "http://127.0.0.1:8080/",
                "add \"http://127.0.0.1:8080\" to allowed_outbound_hosts",
            ),
            (
                "/hello",
                "add \"http://self\" to allowed_outbound_hosts (or \"self\" to",
            ),
        ] {
            let got = error(Reason::DestinationNotAllowed, uri).to_string();
            assert!(got.contains(want), "{uri}: {got}");
            assert!(
                got.ends_with("a blocked network: see the host's log"),
                "{got}"
            );
        }
        let got = error(Reason::DestinationNotAllowed, "ftp://api.test/").to_string();
        assert!(
            got.ends_with("; only http and https URLs can be permitted"),
            "{got}"
        );
    }

    #[test]
    fn user_info_is_not_kept() {
        for (uri, want) in [
            ("http://u:p@api.test:81/x?y", "http://api.test:81/x?y"),
            ("https://u@api.test", "https://api.test/"),
            ("https://u%40x:p@[::1]/", "https://[::1]/"),
            ("u:p@api.test:81", "api.test:81"),
        ] {
            assert_eq!(error(Reason::UserInformation, uri).uri(), want);
        }
    }

    #[test]
    fn debug_has_kind_and_message() {
        let got = format!("{:?}", error(Reason::Success, "/x"));
        let want = "InvalidResponse: GET /x: the host returned the error code `success`, \
                    which is a bug in the host";
        assert_eq!(got, want);
    }
}
