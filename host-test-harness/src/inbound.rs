//! The request that a guest answers and its response: `http` types to wire and back.

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Request, Response, StatusCode};

use crate::bindings::wire;
use crate::headers::{headers_from_wire, headers_to_wire};
use crate::method::method_to_wire;

/// The methods that the interface carries, for the `allow` field of a 405 (RFC 9110 section 15.5.6).
const METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS");

/// The wire request for an inbound one; `None` if the interface cannot carry its method.
pub(crate) fn request_to_wire(request: Request<Bytes>) -> Option<wire::Request> {
    let (head, body) = request.into_parts();
    let method = method_to_wire(&head.method)?;
    let uri = match head.uri.path_and_query() {
        Some(path_and_query) => path_and_query.as_str().to_owned(),
        None => "/".to_owned(),
    };
    Some(wire::Request {
        method,
        uri,
        headers: headers_to_wire(&head.headers),
        params: Vec::new(),
        body: Some(Vec::from(body)),
    })
}

/// The answer to a method that the interface cannot carry, as Spin gives it.
pub(crate) fn method_not_allowed() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

/// The guest's response, every field and byte of it; or what is wrong with it.
pub(crate) fn response_from_wire(response: wire::Response) -> Result<Response<Bytes>, String> {
    let status = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| format!("status {}; a response has 200 to 999", response.status))?;
    let headers = headers_from_wire(&response.headers.unwrap_or_default())
        .map_err(|error| format!("a header that cannot be sent: {error}"))?;
    let mut answer = Response::new(response.body.map_or_else(Bytes::new, Bytes::from));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
