//! The types of the `http` crate, with the bodies that a component sends and receives.
//!
//! This is the whole crate under another name, so `use spin_sdk::http;` stands in for a
//! dependency on it. Two names differ: [`Request`] and [`Response`] have `Option<Bytes>` as their
//! default body. The types are the same ones, so values of either origin mix freely.

pub use ::http::*;
pub use bytes::Bytes;

pub use crate::into_response::{IntoBody, IntoResponse};

/// An HTTP request with all of its body.
///
/// The body `None` and an empty body are different things: an empty one is sent with
/// `content-length: 0`.
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

/// An HTTP response with all of its body.
///
/// A response to `send_request` has `Some` body, which may be empty.
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
