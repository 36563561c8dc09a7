//! The types of the `http` crate, with the bodies that a component sends and receives.
//!
//! The module re-exports the whole crate, so `use spin_sdk::http;` replaces a dependency on it.
//! Two names differ: [`Request`] and [`Response`] have the default body type `Option<Bytes>`.
//! They are aliases of the types of the crate, so both names can be mixed.

pub use ::http::*;
pub use bytes::Bytes;

pub use crate::body::Body;
pub use crate::handler_request::HandlerRequest;
pub use crate::into_response::{IntoBody, IntoResponse};
pub use crate::request_body::RequestBody;

/// An HTTP request with a buffered body, or with another body such as [`Body`], which streams.
///
/// `None` is no body. An empty body is different: it sends `content-length: 0`.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::Request;
///
/// let request: Request = Request::put("https://api.test/items/7")
///     .header("content-type", "text/plain")
///     .body(Some("seven".into()))?;
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
pub type Request<T = Option<Bytes>> = ::http::Request<T>;

/// An HTTP response with a buffered body, or with another body such as [`Body`], which streams.
///
/// A response of `send_request` always has a body (`Some`), which may be empty.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::{Response, StatusCode};
///
/// let response: Response = Response::builder()
///     .status(StatusCode::NO_CONTENT)
///     .body(None)?;
/// # Ok::<(), spin_sdk::http::Error>(())
/// ```
pub type Response<T = Option<Bytes>> = ::http::Response<T>;
