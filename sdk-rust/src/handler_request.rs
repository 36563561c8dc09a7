//! The requests that a handler takes, and what the export makes of its result.

use crate::http::{Body, IntoResponse, Request, Response};

/// A request as the export gets it. Its body is read when the program reads it.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub type Inbound = Request<Body>;

/// A request as the export gets it.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub type Inbound = Request;

/// A response as the export sends it.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub type Outbound = Response<Body>;

/// A response as the export sends it.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub type Outbound = Response;

/// A request that a handler takes.
///
/// - [`Request`] has its whole body. A client that does not send the whole body gets a 400, and the
///   handler is not called.
/// - [`Request<Body>`] has a body that is read piece by piece.
#[diagnostic::on_unimplemented(
    message = "a handler takes a request, not a `{Self}`",
    label = "a handler takes `Request`, or `Request<Body>` to read the body piece by piece"
)]
pub trait HandlerRequest: Sized {
    /// Converts an inbound request. Fails with the response to one that cannot be read.
    #[doc(hidden)]
    fn from_inbound(request: Inbound) -> Result<Self, Box<Outbound>>;
}

#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
impl HandlerRequest for Request {
    fn from_inbound(request: Inbound) -> Result<Self, Box<Outbound>> {
        let (parts, body) = request.into_parts();
        match body.into_bytes() {
            Ok(body) => Ok(Self::from_parts(parts, body)),
            Err(error) => {
                crate::inbound::log("the body of the request cannot be read", &error);
                let mut response = Response::new(Body::default());
                *response.status_mut() = crate::http::StatusCode::BAD_REQUEST;
                Err(Box::new(response))
            }
        }
    }
}

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
impl HandlerRequest for Request {
    fn from_inbound(request: Inbound) -> Result<Self, Box<Outbound>> {
        Ok(request)
    }
}

impl HandlerRequest for Request<Body> {
    fn from_inbound(request: Inbound) -> Result<Self, Box<Outbound>> {
        Ok(request.map(Body::from))
    }
}

/// The response to send of what a handler returns.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub fn into_outbound<R: IntoResponse>(result: R) -> Outbound {
    result.into_streaming_response()
}

/// The response to send of what a handler returns.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub fn into_outbound<R: IntoResponse>(result: R) -> Outbound {
    result.into_response()
}
