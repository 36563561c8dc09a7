//! The interface `fermyon:spin/http`, and the export `fermyon:spin/inbound-http`.

use crate::bindings::fermyon::spin::http_types as wire;
#[cfg(target_family = "wasm")]
use crate::error::Reason;
use crate::http::{Request, Response};
use crate::inbound;
use crate::method::method_from_wire;
use crate::wire::WireInbound;
#[cfg(target_family = "wasm")]
use crate::{
    method::method_to_wire,
    wire::{WireRequest, WireResponse},
};

/// Sends `request` through the import.
#[cfg(target_family = "wasm")]
pub(crate) fn send(request: &WireRequest<'_>) -> Result<WireResponse, Reason> {
    let response = crate::bindings::fermyon::spin::http::send_request(wire::RequestParam {
        method: method_to_wire(request.method)?,
        uri: &request.uri,
        headers: &request.headers,
        params: &[],
        body: request.body,
    })?;
    Ok(WireResponse {
        status: response.status,
        headers: response.headers.unwrap_or_default(),
        body: response.body,
    })
}

/// The function of the export: calls `handler` and returns its response.
pub fn handle(request: wire::RequestResult, handler: fn(Request) -> Response) -> wire::Response {
    let request = WireInbound {
        method: method_from_wire(request.method),
        uri: request.uri,
        headers: request.headers,
        body: request.body,
    };
    let response = inbound::handle(request, handler);
    wire::Response {
        status: response.status,
        headers: Some(response.headers),
        body: response.body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn export_calls_the_handler_and_returns_its_response() {
        let got = handle(
            wire::RequestResult {
                method: wire::Method::Patch,
                uri: "/path?q=1".into(),
                headers: vec![("x-a".into(), "1".into())],
                params: vec![("ignored".into(), "always".into())],
                body: Some(b"ping".to_vec()),
            },
            |request| {
                assert_eq!(request.method(), "PATCH");
                assert_eq!(request.uri(), "/path?q=1");
                assert_eq!(request.headers()["x-a"], "1");
                let response = Response::builder().status(201).header("x-b", "2");
                response.body(request.into_body()).unwrap()
            },
        );
        assert_eq!(got.status, 201);
        assert_eq!(got.headers, Some(vec![("x-b".into(), "2".into())]));
        assert_eq!(got.body.as_deref(), Some(&b"ping"[..]));
    }
}
