//! Runs the handler for an inbound request.

use super::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingRequest, Method as WasiMethod, OutgoingResponse, ResponseOutparam,
};
use super::deadline::Deadline;
use super::outgoing::{read_body, write_body};
use crate::http::header::CONTENT_LENGTH;
use crate::http::{Method, Request, Response};
use crate::inbound::{self, log};
use crate::wire::{WireInbound, WireResponse, text_value};

/// The function of the export: calls `handler` and sends its response.
pub fn handle(
    request: &IncomingRequest,
    response_out: ResponseOutparam,
    handler: fn(Request) -> Response,
) {
    let is_head = matches!(request.method(), WasiMethod::Head);
    let mut response = match receive(request) {
        Ok(request) => inbound::handle(request, handler),
        Err(status) => with_status(status),
    };
    if !is_head {
        add_length(&mut response);
    }
    let (fields, status, body_bytes) = match Fields::from_list(&response.headers) {
        Ok(fields) => (fields, response.status, response.body.unwrap_or_default()),
        Err(error) => {
            log("the response cannot be sent", &error);
            (Fields::new(), 500, Vec::new())
        }
    };
    let outgoing = OutgoingResponse::new(fields);
    if outgoing.set_status_code(status).is_err() {
        // `outgoing` has the status 200, which would say that all is well.
        let error = ErrorCode::InternalError(Some(format!("the host refuses the status {status}")));
        ResponseOutparam::set(response_out, Err(error));
        return;
    }
    let body = outgoing.body();
    ResponseOutparam::set(response_out, Ok(outgoing));
    if let Ok(body) = body {
        // A client that has gone away is nothing that the handler can act on.
        drop(write_body(body, &body_bytes, &Deadline::NONE));
    }
}

/// Adds the length of the body, which is known, unless the program set one or the status permits none (RFC 9110 section
/// 8.6).
fn add_length(response: &mut WireResponse) {
    let has_length = response
        .headers
        .iter()
        .any(|(name, _)| name == CONTENT_LENGTH.as_str());
    if !has_length && ![204, 304].contains(&response.status) {
        let length = response.body.as_ref().map_or(0, Vec::len);
        let name = CONTENT_LENGTH.as_str().to_owned();
        response
            .headers
            .push((name, text_value(length.to_string())));
    }
}

/// A response with no headers and no body.
fn with_status(status: u16) -> WireResponse {
    WireResponse {
        status,
        ..WireResponse::default()
    }
}

/// The whole request, or the status of a request that cannot be read.
fn receive(request: &IncomingRequest) -> Result<WireInbound, u16> {
    let mut headers = request.headers().entries();
    if let Some(authority) = request.authority() {
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            headers.push(("host".to_owned(), authority.into_bytes()));
        }
    }
    let body = request.consume().map_err(|()| 500_u16)?;
    let body = read_body(&body, &Deadline::NONE, None).map_err(|_reason| 400_u16)?;
    Ok(WireInbound {
        method: method_from_wasi(request.method()).ok_or(400_u16)?,
        uri: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        headers,
        body: (!body.is_empty()).then_some(body),
    })
}

fn method_from_wasi(method: WasiMethod) -> Option<Method> {
    Some(match method {
        WasiMethod::Get => Method::GET,
        WasiMethod::Head => Method::HEAD,
        WasiMethod::Post => Method::POST,
        WasiMethod::Put => Method::PUT,
        WasiMethod::Delete => Method::DELETE,
        WasiMethod::Connect => Method::CONNECT,
        WasiMethod::Options => Method::OPTIONS,
        WasiMethod::Trace => Method::TRACE,
        WasiMethod::Patch => Method::PATCH,
        WasiMethod::Other(name) => return Method::from_bytes(name.as_bytes()).ok(),
    })
}
