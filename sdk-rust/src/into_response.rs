//! The return types of a handler.

use bytes::Bytes;

use crate::error::BoxError;
use crate::http::{Body, Response, StatusCode};
use crate::inbound::log;

/// A type that a handler may return, because it converts into a [`Response`].
///
/// | value | response |
/// |---|---|
/// | [`Response<B>`](Response) where `B: IntoBody` | this response |
/// | [`Response<Body>`](Body) | this response, whose body is read while it is sent |
/// | `B` where `B:` [`IntoBody`] | 200 with this body |
/// | [`StatusCode`] | this status, no body |
/// | `(StatusCode, R)` | the response of `R`, with this status |
/// | `Ok(R)` | the response of `R` |
/// | `Err(error)` | 500, no body; the error and its causes are logged on stderr |
/// | `Json(value)`, with the feature `json` | 200 with the value as JSON |
///
/// Only `Json` adds a header, its content type.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::{IntoResponse, StatusCode};
///
/// let response = (StatusCode::NOT_FOUND, "no such page\n").into_response();
/// assert_eq!(response.status(), 404);
///
/// let result: Result<&str, String> = Err("the disk is full".into());
/// let response = result.into_response();
/// assert_eq!((response.status().as_u16(), response.body()), (500, &None));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be turned into an HTTP response",
    label = "a handler returns a `Response`, a status, a body, or a `Result` of these",
    note = "the error of a `Result` must convert into `Box<dyn Error + Send + Sync>`: \
            `anyhow::Result<_>` and `Result<_, Box<dyn Error + Send + Sync>>` do, \
            `Result<_, Box<dyn Error>>` does not"
)]
pub trait IntoResponse {
    /// Converts `self` into a response, whose body is in memory.
    fn into_response(self) -> Response;

    /// Converts `self` into a response, whose body may be read while it is sent.
    fn into_streaming_response(self) -> Response<Body>
    where
        Self: Sized,
    {
        self.into_response().map(Body::from)
    }
}

/// A type that can be the body of a request or a response: bytes, text, or nothing.
///
/// For a request, see also [`RequestBody`](crate::http::RequestBody).
///
/// # Examples
///
/// ```
/// use spin_sdk::http::{Bytes, IntoBody};
///
/// assert_eq!("text".into_body(), Some(Bytes::from("text")));
/// assert_eq!(().into_body(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a request or a response",
    label = "a body is `Option<Bytes>`, `Bytes`, `Vec<u8>`, `String`, `&'static str` or `()`"
)]
pub trait IntoBody {
    /// Converts `self` into a body. No implementation copies the bytes.
    fn into_body(self) -> Option<Bytes>;
}

impl<B: IntoBody> IntoResponse for B {
    fn into_response(self) -> Response {
        Response::new(self.into_body())
    }
}

impl<B: IntoBody> IntoResponse for Response<B> {
    fn into_response(self) -> Response {
        self.map(B::into_body)
    }
}

/// Streams over `wasi:http`. Elsewhere, and in a native test, the body is read first; if that fails,
/// the error is logged and the response is a 500.
impl IntoResponse for Response<Body> {
    fn into_response(self) -> Response {
        let (parts, body) = self.into_parts();
        match body.into_bytes() {
            Ok(body) => Response::from_parts(parts, body),
            Err(error) => {
                log("the body of the response cannot be read", &error);
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    fn into_streaming_response(self) -> Self {
        self
    }
}

impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

impl<R: IntoResponse> IntoResponse for (StatusCode, R) {
    fn into_response(self) -> Response {
        let (status, rest) = self;
        let mut response = rest.into_response();
        *response.status_mut() = status;
        response
    }

    fn into_streaming_response(self) -> Response<Body> {
        let (status, rest) = self;
        let mut response = rest.into_streaming_response();
        *response.status_mut() = status;
        response
    }
}

impl<R: IntoResponse, E: Into<BoxError>> IntoResponse for Result<R, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => internal_server_error(&error.into()),
        }
    }

    fn into_streaming_response(self) -> Response<Body> {
        match self {
            Ok(value) => value.into_streaming_response(),
            Err(error) => internal_server_error(&error.into()).map(Body::from),
        }
    }
}

/// Logs `error` and returns a 500 without its text, which may be confidential.
pub(crate) fn internal_server_error(error: &BoxError) -> Response {
    log("the handler failed", &**error);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

impl IntoBody for () {
    fn into_body(self) -> Option<Bytes> {
        None
    }
}

impl IntoBody for Option<Bytes> {
    fn into_body(self) -> Option<Bytes> {
        self
    }
}

impl IntoBody for Bytes {
    fn into_body(self) -> Option<Bytes> {
        Some(self)
    }
}

impl IntoBody for Vec<u8> {
    fn into_body(self) -> Option<Bytes> {
        Some(self.into())
    }
}

impl IntoBody for String {
    fn into_body(self) -> Option<Bytes> {
        Some(self.into())
    }
}

impl IntoBody for &'static str {
    fn into_body(self) -> Option<Bytes> {
        Some(self.into())
    }
}
