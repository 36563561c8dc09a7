//! The request that a guest answers and its response: `http` types to wire and back.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::bindings::wire;
use crate::body::{Body, BodyError};
use crate::headers::{
    contradicting_content_length, headers_from_wire, headers_to_wire, remove_hop_by_hop,
    value_to_text,
};
use crate::method::method_to_wire;
use crate::{Error, ErrorKind, Limits};

/// The methods that the interface carries, for the `allow` field of a 405 (RFC 9110 section 15.5.6).
const METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS");

/// The wire request for an inbound one; `None` if the interface cannot carry its method.
pub(crate) fn request_to_wire(request: Request<Vec<u8>>) -> Option<wire::Request> {
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

/// The answer to a method that the interface cannot carry, as Spin gives it.
pub(crate) fn method_not_allowed() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

/// A response with all of its body, once its guest has nothing left to do.
pub(crate) async fn whole(
    response: Response<Body>,
    limits: &Limits,
) -> Result<Response<Bytes>, Error> {
    let (head, mut body) = response.into_parts();
    let bytes = body.whole(limits.response_body_bytes).await;
    let bytes = bytes.map_err(|error| match error {
        BodyError::Guest(error) => error,
        BodyError::TooLarge(_) | BodyError::Cut(_) => Error::new(
            ErrorKind::LimitReached,
            format!("the response's body: {error}"),
        ),
    })?;
    if let Body::Guest(body) = body {
        body.ended().await;
    }
    Ok(Response::from_parts(head, Bytes::from(bytes)))
}

/// The guest's response to a request of `method`; or what is wrong with it.
///
/// Every field and byte is kept, but what HTTP has no place for: fields that describe a connection,
/// and the body where a response has none (RFC 9110 sections 6.4.1 and 7.6.1).
pub(crate) fn response_from_wire(
    response: wire::Response,
    method: &Method,
) -> Result<Response<Bytes>, String> {
    let status = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| format!("status {}; a response has 200 to 999", response.status))?;
    let mut headers = headers_from_wire(&response.headers.unwrap_or_default())
        .map_err(|error| format!("a header that cannot be sent: {error}"))?;
    remove_hop_by_hop(&mut headers);
    let body = response.body.map_or_else(Bytes::new, Bytes::from);
    let body = match status {
        StatusCode::NO_CONTENT => {
            headers.remove(CONTENT_LENGTH);
            Bytes::new()
        }
        StatusCode::NOT_MODIFIED => Bytes::new(),
        _ if method == Method::HEAD => {
            // The length that a GET would have had, if the guest made one.
            if !body.is_empty() {
                headers
                    .entry(CONTENT_LENGTH)
                    .or_insert_with(|| HeaderValue::from(body.len()));
            }
            Bytes::new()
        }
        _ => {
            if let Some(value) = contradicting_content_length(&headers, body.len()) {
                return Err(format!(
                    "`content-length: {}` and a body of {} bytes",
                    value_to_text(value).escape_debug(),
                    body.len()
                ));
            }
            body
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status, headers and body of a guest's response; what becomes of them, or a part of the error.
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
    fn what_http_has_no_place_for_is_left_out_or_refused() {
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
            Err("a header that cannot be sent"),
        );
    }
}
