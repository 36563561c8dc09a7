//! Why a request has no response.

use std::error::Error as StdError;
use std::fmt;

use crate::bindings::fermyon::spin::http_types as wire;
use crate::headers::{HeaderDoesNotFit, HeaderIsNotText};
use crate::http::uri::{Authority, Uri};
use crate::http::{Method, status::InvalidStatusCode};

/// Any error, with its causes.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request has no response.
///
/// Match on [`kind`](Error::kind); print the error to tell a person what to do.
/// [`source`](StdError::source) has the cause where the SDK knows one, which it does for values
/// that it could not convert. For what happened on the network, see the host's log: the interface
/// between guest and host carries no more than the kind.
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
///     "GET https://api.test/: user information in the URL is never sent; \
///      leave it out and set an `authorization` header",
/// );
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    reason: Reason,
    method: Method,
    uri: Uri,
}

/// What kind of thing went wrong.
///
/// Each kind means the same in every SDK of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The host's policy does not permit the URI, the target of a redirect, or an address that
    /// the URI host resolved to.
    DestinationNotAllowed,
    /// The URI has user information, is neither absolute nor a path, cannot be parsed by the
    /// host, or is a path where there is no application to call.
    InvalidUrl,
    /// The request contradicts itself: its `content-length` is not the length of its body.
    RequestError,
    /// The exchange failed: name resolution, connection, TLS, timeout, a limit, a redirect loop,
    /// a header that is not valid on the wire, or a malformed answer.
    RuntimeError,
    /// The host's cap on outbound calls or connections is reached.
    TooManyRequests,
    /// The method is none of GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS. Nothing was sent.
    UnsupportedMethod,
    /// A header value is not UTF-8. Nothing was sent.
    InvalidHeader,
    /// The request's body cannot be made. Nothing was sent.
    InvalidBody,
    /// The host's answer is not a response that the `http` crate can hold.
    InvalidResponse,
    /// The program was not built for WebAssembly, so there is no host to ask. Nothing was sent.
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

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.reason.kind()
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
        if let Reason::DestinationNotAllowed = reason {
            write_permission(formatter, uri)?;
        }
        Ok(())
    }
}

/// Names the entry of the manifest that would permit `uri`.
fn write_permission(formatter: &mut fmt::Formatter<'_>, uri: &Uri) -> fmt::Result {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), _) if scheme != "http" && scheme != "https" => {
            return formatter.write_str("; no entry permits another scheme than http and https");
        }
        (Some(scheme), Some(authority)) => write!(
            formatter,
            "; add \"{scheme}://{authority}\" to allowed_outbound_hosts \
             (to allowed_http_hosts in a manifest of version 1)"
        ),
        _ => formatter.write_str(
            "; add \"http://self\" to allowed_outbound_hosts \
             (\"self\" to allowed_http_hosts in a manifest of version 1)",
        ),
    }?;
    formatter.write_str(
        "; if it is listed, a redirect hop or a blocked network was refused: see the host's log",
    )
}

/// Shows kind and message, because this is what a `main` that returns the error prints.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {self}", self.kind())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.reason {
            Reason::HeaderIsNotText(error) => error.source(),
            Reason::HeaderDoesNotFit(error) => error.source(),
            Reason::StatusDoesNotFit { source, .. } => Some(source),
            #[cfg(feature = "json")]
            Reason::BodyIsNotJson(source) => Some(source),
            #[cfg(not(target_family = "wasm"))]
            Reason::NoHost => None,
            Reason::DestinationNotAllowed
            | Reason::InvalidUrl
            | Reason::RequestError
            | Reason::RuntimeError
            | Reason::TooManyRequests
            | Reason::Success
            | Reason::UserInfoInUrl
            | Reason::UrlIsNotAbsolute
            | Reason::UnsupportedMethod => None,
        }
    }
}

/// What went wrong, in as much detail as the SDK has.
#[derive(Debug)]
pub(crate) enum Reason {
    DestinationNotAllowed,
    InvalidUrl,
    RequestError,
    RuntimeError,
    TooManyRequests,
    /// The host answered with the error `success`.
    Success,
    UserInfoInUrl,
    UrlIsNotAbsolute,
    UnsupportedMethod,
    HeaderIsNotText(HeaderIsNotText),
    HeaderDoesNotFit(HeaderDoesNotFit),
    StatusDoesNotFit {
        status: u16,
        source: InvalidStatusCode,
    },
    #[cfg(feature = "json")]
    BodyIsNotJson(serde_json::Error),
    #[cfg(not(target_family = "wasm"))]
    NoHost,
}

impl Reason {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::DestinationNotAllowed => ErrorKind::DestinationNotAllowed,
            Self::InvalidUrl | Self::UserInfoInUrl | Self::UrlIsNotAbsolute => {
                ErrorKind::InvalidUrl
            }
            Self::RequestError => ErrorKind::RequestError,
            Self::RuntimeError => ErrorKind::RuntimeError,
            Self::TooManyRequests => ErrorKind::TooManyRequests,
            Self::UnsupportedMethod => ErrorKind::UnsupportedMethod,
            Self::HeaderIsNotText(_) => ErrorKind::InvalidHeader,
            Self::Success | Self::HeaderDoesNotFit(_) | Self::StatusDoesNotFit { .. } => {
                ErrorKind::InvalidResponse
            }
            #[cfg(feature = "json")]
            Self::BodyIsNotJson(_) => ErrorKind::InvalidBody,
            #[cfg(not(target_family = "wasm"))]
            Self::NoHost => ErrorKind::NoHost,
        }
    }
}

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

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DestinationNotAllowed => "the component's permissions do not cover this call",
            Self::InvalidUrl => {
                "the host cannot parse the URL, or it is a path and no application is there to \
                 call; write the whole URL and percent-encode what is not plain"
            }
            Self::RequestError => {
                "the request contradicts itself; leave `content-length` out, or make it the \
                 body's length"
            }
            Self::RuntimeError => {
                "the exchange failed (name resolution, connection, TLS, timeout, a limit, or a \
                 malformed answer); the host's log says which"
            }
            Self::TooManyRequests => {
                "the cap on outbound calls is reached; make fewer, or raise it at the host"
            }
            Self::Success => "the host answered with the error `success`, a fault of the host",
            Self::UserInfoInUrl => {
                "user information in the URL is never sent; leave it out and set an \
                 `authorization` header"
            }
            Self::UrlIsNotAbsolute => {
                "the URL is incomplete; write it with http:// or https://, or as /path for a call \
                 to the component's own application"
            }
            Self::UnsupportedMethod => {
                "the host knows no such method; use GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS"
            }
            Self::HeaderIsNotText(error) => return error.fmt(formatter),
            Self::HeaderDoesNotFit(error) => {
                return write!(formatter, "in the response, {error}");
            }
            Self::StatusDoesNotFit { status, .. } => {
                return write!(
                    formatter,
                    "the response's status {status} is not one from 100 to 999"
                );
            }
            #[cfg(feature = "json")]
            Self::BodyIsNotJson(_) => "the body cannot be written as JSON",
            #[cfg(not(target_family = "wasm"))]
            Self::NoHost => {
                "no host is there to send it; build for wasm32-wasip2 and run the component in one"
            }
        })
    }
}

/// The URI as it may be shown and logged; `/` if nothing is left of it.
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
                "add \"http://self\" to allowed_outbound_hosts (\"self\" to",
            ),
        ] {
            let got = error(Reason::DestinationNotAllowed, uri).to_string();
            assert!(got.contains(want), "{uri}: {got}");
            assert!(got.ends_with("was refused: see the host's log"), "{got}");
        }
        let got = error(Reason::DestinationNotAllowed, "ftp://api.test/").to_string();
        assert!(
            got.ends_with("no entry permits another scheme than http and https"),
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
            assert_eq!(error(Reason::UserInfoInUrl, uri).uri(), want);
        }
    }

    #[test]
    fn debug_has_kind_and_message() {
        let got = format!("{:?}", error(Reason::Success, "/x"));
        let want = "InvalidResponse: GET /x: the host answered with the error `success`, \
                    a fault of the host";
        assert_eq!(got, want);
    }
}
