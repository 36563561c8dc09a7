//! The bodies that `send_request` takes.

use crate::error::Error;
use crate::error::Reason;
use crate::http::{Body, IntoBody, Request};

/// A type that can be the body of a request that [`send_request`] takes.
///
/// Every [`IntoBody`] is one. With the feature `json`, so is `Json(value)`, which sets
/// `content-type: application/json` unless the request has a content type. A [`Body`] is one too.
///
/// [`send_request`]: crate::outbound_http::send_request
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a request",
    label = "a body is `Option<Bytes>`, `Bytes`, `Vec<u8>`, `String`, `&'static str`, `()` or \
             `Body`, and `Json(value)` with the feature `json`"
)]
pub trait RequestBody: Sized {
    /// Converts the body of `request`.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`](crate::ErrorKind::InvalidBody) if the body cannot be serialized.
    fn into_request(request: Request<Self>) -> Result<Request, Error>;

    /// Converts the body of `request` to one that may be read while it is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`](crate::ErrorKind::InvalidBody) if the body cannot be serialized.
    fn into_streaming_request(request: Request<Self>) -> Result<Request<Body>, Error> {
        Ok(Self::into_request(request)?.map(Body::from))
    }
}

/// Streams over `wasi:http`. Elsewhere, and in a native test, the body is read first.
impl RequestBody for Body {
    fn into_request(request: Request<Self>) -> Result<Request, Error> {
        let (parts, body) = request.into_parts();
        match body.into_bytes() {
            Ok(body) => Ok(Request::from_parts(parts, body)),
            Err(error) => {
                let reason = Reason::body_not_read(error);
                Err(Error::new(reason, parts.method, parts.uri))
            }
        }
    }

    fn into_streaming_request(request: Request<Self>) -> Result<Request<Body>, Error> {
        Ok(request)
    }
}

impl<B: IntoBody> RequestBody for B {
    fn into_request(request: Request<Self>) -> Result<Request, Error> {
        Ok(request.map(B::into_body))
    }
}
