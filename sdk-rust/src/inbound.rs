//! Runs a handler: converts the request and the response.

use std::error::Error;
use std::io::Write as _;

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
use crate::{
    forwarding::Invocation,
    http::{Method, Request, Response, StatusCode},
    request::request_from_wire,
    response::response_to_wire,
    wire::{WireInbound, WireResponse},
};

/// Calls `handler` and returns its response.
///
/// Returns a 400 if the `http` crate cannot represent the request, and a 500 if the host's
/// interface cannot carry the response.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn handle(
    wire_request: WireInbound,
    handler: impl FnOnce(Request) -> Response,
) -> WireResponse {
    let request = match request_from_wire(wire_request) {
        Ok(request) => request,
        Err(error) => {
            log("the request is invalid", &*error);
            return empty(StatusCode::BAD_REQUEST);
        }
    };
    let is_head = request.method() == Method::HEAD;
    let response = {
        let _invocation = Invocation::of(request.headers());
        handler(request)
    };
    response_to_wire(is_head, response).unwrap_or_else(|error| {
        log("the response cannot be sent", &error);
        empty(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// Writes `error` and its causes to stderr, which is the log of a guest, at once: a host may log each write as a record.
///
/// `eprintln!` would panic if the host has closed stderr, so write errors are ignored.
pub(crate) fn log(what: &str, error: &(dyn Error + 'static)) {
    let mut text = format!("ERROR: {what}: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("  caused by: {error}\n");
        cause = error.source();
    }
    drop(std::io::stderr().write_all(text.as_bytes()));
}

/// A response with no headers and no body.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
fn empty(status: StatusCode) -> WireResponse {
    WireResponse {
        status: status.as_u16(),
        ..WireResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    fn inbound(uri: &str, header: &str) -> WireInbound {
        WireInbound {
            method: Method::POST,
            uri: uri.into(),
            headers: vec![("x-a".into(), header.into())],
            body: Some(b"ping".to_vec()),
        }
    }

    #[test]
    fn handler_gets_the_request_and_its_response_is_returned() {
        let got = handle(inbound("/path?q=1", "1"), |request| {
            assert_eq!(request.method(), "POST");
            assert_eq!(request.uri(), "/path?q=1");
            assert_eq!(request.headers()["x-a"], "1");
            Response::builder()
                .status(201)
                .header("x-b", "2")
                .body(request.into_body())
                .unwrap()
        });
        assert_eq!(got.status, 201);
        assert_eq!(got.headers, vec![("x-b".into(), "2".into())]);
        assert_eq!(got.body.as_deref(), Some(&b"ping"[..]));
    }

    #[test]
    fn invalid_request_is_a_400() {
        for (uri, header) in [("/a b", "1"), ("", "1"), ("/", "line\nfeed")] {
            let got = handle(inbound(uri, header), |_| unreachable!("not called"));
            assert_eq!((got.status, got.body), (400, None), "{uri:?} {header:?}");
        }
    }

    #[test]
    fn response_that_cannot_be_sent_is_a_500() {
        let got = handle(inbound("/", ""), |_| {
            let value = HeaderValue::from_bytes(&[0xff]).unwrap();
            Response::builder().header("x-a", value).body(None).unwrap()
        });
        assert_eq!((got.status, got.headers), (500, vec![]));
    }
}
