//! JSON bodies of requests and responses, with the feature `json`.
//!
//! # Examples
//!
//! ```no_run
//! use spin_sdk::http::Request;
//! use spin_sdk::json::{Json, JsonBody};
//! use spin_sdk::outbound_http::send_request;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Item {
//!     name: String,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let item = Item { name: "spoon".into() };
//! let request = Request::post("https://api.test/items").body(Json(&item))?;
//! let stored: Item = send_request(request)?.json()?;
//! # Ok(())
//! # }
//! ```

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Reason};
use crate::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use crate::http::{IntoResponse, Request, RequestBody, Response};
use crate::into_response::internal_server_error;

/// Requests whose body can be serialized as JSON.
///
/// [`Json`] does the same when the request is sent. This converts a request that is changed or
/// passed on before.
pub trait IntoJson {
    /// Serializes the body of the request as JSON.
    ///
    /// Sets `content-type: application/json`, unless the request has a content type.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`](crate::ErrorKind::InvalidBody) if the value cannot be serialized, for
    /// example a map whose keys are not strings. The source is the [`serde_json::Error`].
    fn into_json(self) -> Result<Request, Error>;
}

impl<T: Serialize> IntoJson for Request<T> {
    fn into_json(self) -> Result<Request, Error> {
        let (mut parts, value) = self.into_parts();
        match to_body(&value) {
            Ok(body) => {
                set_content_type(&mut parts.headers);
                Ok(Request::from_parts(parts, Some(body)))
            }
            Err(error) => {
                let reason = Reason::body_not_json(error);
                Err(Error::new(reason, parts.method, parts.uri))
            }
        }
    }
}

/// Requests and responses whose body can be deserialized from JSON.
pub trait JsonBody {
    /// Deserializes the body from JSON. The content type is ignored.
    ///
    /// # Errors
    ///
    /// If there is no body, or if it is not the JSON of a `T`.
    fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error>;
}

impl JsonBody for Request {
    fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_body(self.body())
    }
}

impl JsonBody for Response {
    fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_body(self.body())
    }
}

/// A value as the JSON body of a request or a response.
///
/// As the body of a request that `send_request` takes, it sets `content-type: application/json`,
/// unless the request has a content type. A value that cannot be serialized is an
/// [`InvalidBody`](crate::ErrorKind::InvalidBody).
///
/// Returned by a handler, it is a response with status 200 and that content type. If the value
/// cannot be serialized, the error is logged and the response is a 500 without a body.
///
/// # Examples
///
/// ```
/// use spin_sdk::http::{IntoResponse, StatusCode};
/// use spin_sdk::json::Json;
///
/// let response = (StatusCode::CREATED, Json(["a", "b"])).into_response();
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
/// assert_eq!(response.body().as_deref(), Some(&br#"["a","b"]"#[..]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(
    /// The value.
    pub T,
);

impl<T: Serialize> RequestBody for Json<T> {
    fn into_request(request: Request<Self>) -> Result<Request, Error> {
        request.map(|json| json.0).into_json()
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match to_body(&self.0) {
            Ok(body) => {
                let mut response = Response::new(Some(body));
                set_content_type(response.headers_mut());
                response
            }
            Err(error) => internal_server_error(&error.into()),
        }
    }
}

fn to_body(value: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(value).map(Bytes::from)
}

fn from_body<T: DeserializeOwned>(body: &Option<Bytes>) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body.as_deref().unwrap_or_default())
}

fn set_content_type(headers: &mut HeaderMap) {
    if !headers.contains_key(CONTENT_TYPE) {
        headers.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
}
