//! The bodies that `send_request` takes.

use crate::error::Error;
use crate::http::{IntoBody, Request};

/// A type that can be the body of a request that [`send_request`] takes.
///
/// Every [`IntoBody`] is one. With the feature `json`, so is `Json(value)`, which sets
/// `content-type: application/json` unless the request has a content type.
///
/// [`send_request`]: crate::outbound_http::send_request
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a request",
    label = "a body is `Option<Bytes>`, `Bytes`, `Vec<u8>`, `String`, `&'static str` or `()`, and \
             `Json(value)` with the feature `json`"
)]
pub trait RequestBody: Sized {
    /// Converts the body of `request`.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`](crate::ErrorKind::InvalidBody) if the body cannot be serialized.
    fn into_request(request: Request<Self>) -> Result<Request, Error>;
}

impl<B: IntoBody> RequestBody for B {
    fn into_request(request: Request<Self>) -> Result<Request, Error> {
        Ok(request.map(B::into_body))
    }
}
