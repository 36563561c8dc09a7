//! `fermyon:spin/inbound-http`: a buffered request to the guest, and its response.

use bytes::Bytes;
use harness_outbound::Body;
use harness_outbound::headers::{
    contradicting_content_length, headers_from_wire, headers_to_wire, value_to_text,
};
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::response::{Content, InvalidStatus, body_error, finish_head};
use crate::bindings::{HttpTriggerPre, wire};
use crate::imports::spin::method_to_wire;
use crate::instance::invocation::Invocation;
use crate::instance::state::State;
use crate::task::within;
use crate::{Error, ErrorKind, Limits};

/// The methods that the interface carries, for the `allow` field of a 405 (RFC 9110 section 15.5.6).
const METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS");

/// Reads the body of a request.
pub(crate) async fn buffer(
    request: Request<Body>,
    guest: &str,
    limits: &Limits,
) -> Result<Request<Vec<u8>>, Error> {
    let (head, mut body) = request.into_parts();
    // A buffered body was bounded where it was created: by the server, the in-process caller or the embedder.
    let limit = match body {
        Body::Buffered(_) => usize::MAX,
        Body::Network(_) | Body::Stream(_) => limits.request_body_bytes,
    };
    let what = format!("guest `{guest}`: the request body");
    let read = tokio::time::timeout(limits.wall_time, body.read_to_end(limit)).await;
    let body = read.map_err(|_elapsed| {
        let wall_time = limits.wall_time;
        let message = format!("{what} did not end within the wall-time limit of {wall_time:?}");
        Error::new(ErrorKind::WallTimeReached, message)
    })?;
    let body = body.map_err(|error| body_error(&what, error))?;
    Ok(Request::from_parts(head, body))
}

/// Calls the guest in a fresh instance. A method that the interface cannot carry gets 405, as in Spin, and the guest
/// is not called.
pub(crate) async fn handle(
    invocation: impl FnOnce() -> Result<Invocation, Error>,
    trigger: &HttpTriggerPre<State>,
    request: Request<Vec<u8>>,
) -> Result<Response<Body>, Error> {
    let method = request.method().clone();
    let Some(request) = request_to_wire(request) else {
        return Ok(method_not_allowed().map(Body::from));
    };
    let mut invocation = invocation()?;
    let deadline = invocation.deadline.clone();
    let store = &mut invocation.store;
    let responded = within(&deadline, async {
        let instance = trigger.instantiate_async(&mut *store).await?;
        instance
            .fermyon_spin_inbound_http()
            .call_handle_request(store, &request)
            .await
    })
    .await;
    match responded {
        Ok(response) => Ok(checked(&invocation, response, &method)?.map(Body::from)),
        Err(error) => Err(invocation.error(error)),
    }
}

/// The wire request for an inbound one; `None` if the interface cannot carry its method.
fn request_to_wire(request: Request<Vec<u8>>) -> Option<wire::Request> {
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
        body: Some(body),
    })
}

fn method_not_allowed() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

/// Converts the guest's response. Fails if it is not valid HTTP or exceeds a limit.
fn checked(
    invocation: &Invocation,
    response: wire::Response,
    method: &Method,
) -> Result<Response<Bytes>, Error> {
    let limits = invocation.limits();
    let limit = limits.response_body_bytes;
    if response
        .body
        .as_ref()
        .is_some_and(|body| body.len() > limit)
    {
        let message = format!("sent a response body of more than the limit of {limit} bytes");
        return Err(invocation.named(ErrorKind::LimitReached, &message));
    }
    let response = response_from_wire(response, method)
        .map_err(|problem| invocation.named(ErrorKind::InvalidResponse, &problem))?;
    invocation.check_headers(response.headers())?;
    Ok(response)
}

/// The guest's response to a request of `method`; or a clause that says what is wrong with it.
///
/// Every field and byte is kept, except where HTTP does not allow it: fields that describe a connection, and a body
/// where a response has none.
fn response_from_wire(
    response: wire::Response,
    method: &Method,
) -> Result<Response<Bytes>, String> {
    let invalid_status = |error: InvalidStatus| format!("responded with {error}");
    let status = StatusCode::from_u16(response.status)
        .map_err(|_invalid| invalid_status(InvalidStatus(response.status)))?;
    let mut headers = headers_from_wire(&response.headers.unwrap_or_default())
        .map_err(|error| format!("responded with an invalid header: {error}"))?;
    let body = response.body.map_or_else(Bytes::new, Bytes::from);
    let content = finish_head(status, &mut headers, method).map_err(invalid_status)?;
    let body = if content == Content::Body {
        if let Some(value) = contradicting_content_length(&headers, body.len()) {
            return Err(format!(
                "responded with `content-length: {}` and a body of {} bytes",
                value_to_text(value).escape_debug(),
                body.len()
            ));
        }
        body
    } else {
        content.without_body(&mut headers, body.len());
        Bytes::new()
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guest's response as status, headers and body, and the expected result or a part of the error.
    #[track_caller]
    fn check(method: &Method, response: (u16, &[(&str, &str)], &str), want: Result<&str, &str>) {
        let (status, headers, body) = response;
        let headers = headers.iter();
        let got = response_from_wire(
            wire::Response {
                status,
                headers: Some(
                    headers
                        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                        .collect(),
                ),
                body: Some(body.into()),
            },
            method,
        );
        let got = got.map(|response| format!("{:?} {:?}", response.headers(), response.body()));
        match (got, want) {
            (Ok(got), Ok(want)) => assert_eq!(got, want, "{response:?}"),
            (Err(got), Err(want)) => assert!(got.contains(want), "{got}"),
            (got, want) => panic!("{response:?}: got {got:?}, want {want:?}"),
        }
    }

    #[test]
    fn a_response_is_made_valid_http_or_refused() {
        let length = |value| [("content-length", value)];
        check(
            &Method::GET,
            (200, &length("3"), "abc"),
            Ok(r#"{"content-length": "3"} b"abc""#),
        );
        check(
            &Method::GET,
            (200, &length("4"), "abc"),
            Err("`content-length: 4` and a body of 3"),
        );
        check(
            &Method::GET,
            (200, &length("x"), "abc"),
            Err("`content-length: x`"),
        );
        check(
            &Method::HEAD,
            (200, &length("9"), ""),
            Ok(r#"{"content-length": "9"} b"""#),
        );
        check(
            &Method::HEAD,
            (200, &[], "abc"),
            Ok(r#"{"content-length": "3"} b"""#),
        );
        check(&Method::GET, (204, &length("3"), "abc"), Ok(r#"{} b"""#));
        check(
            &Method::GET,
            (304, &length("3"), "abc"),
            Ok(r#"{"content-length": "3"} b"""#),
        );
        check(
            &Method::GET,
            (
                200,
                &[
                    ("connection", "x-a, close"),
                    ("x-a", "1"),
                    ("transfer-encoding", "chunked"),
                    ("x-b", "2"),
                ],
                "abc",
            ),
            Ok(r#"{"x-b": "2"} b"abc""#),
        );
        check(&Method::GET, (103, &[], ""), Err("status 103"));
        check(
            &Method::GET,
            (200, &[("x-a", "1\r\nx-b: 2")], ""),
            Err("an invalid header"),
        );
    }
}
