//! Runs the handler for an inbound request.

use std::fmt;
use std::io;

use super::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingRequest, Method as WasiMethod, OutgoingResponse, ResponseOutparam,
};
use super::download::{Incoming, Message};
use super::upload::Upload;
use super::{length_of, refused_field};
use crate::body::{Body, Inner};
use crate::forwarding::Invocation;
use crate::http::header::CONTENT_LENGTH;
use crate::http::{HeaderValue, Method, Request, Response, StatusCode};
use crate::inbound::log;
use crate::request::request_from_wire;
use crate::response::fields_to_wire;
use crate::wire::WireInbound;

/// The function of the export: calls `handler` and sends its response.
pub fn handle(
    request: IncomingRequest,
    response_out: ResponseOutparam,
    handler: fn(Request<Body>) -> Response<Body>,
) {
    let is_head = matches!(request.method(), WasiMethod::Head);
    match receive(request) {
        Ok(request) => {
            // The body of the response may be read while it is sent.
            let _invocation = Invocation::of(request.headers());
            respond(is_head, handler(request), response_out);
        }
        Err(status) => respond(is_head, empty(status), response_out),
    }
}

/// Sends the response.
fn respond(is_head: bool, mut response: Response<Body>, response_out: ResponseOutparam) {
    let (fields, status, body) = match head(is_head, &mut response) {
        Ok(fields) => (fields, response.status(), response.into_body()),
        Err(problem) => {
            log_text("the response cannot be sent", problem);
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (Fields::new(), status, Body::default())
        }
    };
    let outgoing = OutgoingResponse::new(fields);
    if outgoing.set_status_code(status.as_u16()).is_err() {
        // `outgoing` has the status 200, which would say that all is well.
        let error = ErrorCode::InternalError(Some(format!("the host refuses the status {status}")));
        ResponseOutparam::set(response_out, Err(error));
        return;
    }
    let outgoing_body = outgoing.body();
    ResponseOutparam::set(response_out, Ok(outgoing));
    let body = if is_head || !may_have_body(status) {
        Body::default()
    } else {
        body
    };
    if let Ok(outgoing_body) = outgoing_body {
        // The client notices, because its body ends before its time.
        if let Err(error) = Upload::new(outgoing_body, body).run() {
            log("the body of the response cannot be read", &error);
        }
    }
}

/// The fields of the response, with the length of its body if that is known (RFC 9110 section 8.6),
/// and without `content-length` if it is not.
fn head(is_head: bool, response: &mut Response<Body>) -> Result<Fields, String> {
    let status = response.status();
    let has_body = !is_head && may_have_body(status);
    let length = response.body().length().map(|length| length.to_string());
    if has_body {
        match &length {
            Some(length) => {
                let value = HeaderValue::try_from(length).map_err(|error| error.to_string())?;
                response.headers_mut().insert(CONTENT_LENGTH, value);
            }
            None => drop(response.headers_mut().remove(CONTENT_LENGTH)),
        }
    }
    let length = || length.clone().unwrap_or_default();
    let fields = fields_to_wire(is_head, status, response.headers(), length)
        .map_err(|error| error.to_string())?;
    Fields::from_list(&fields)
        .map_err(|_error| format!("the host does not permit {}", refused_field(&fields)))
}

fn may_have_body(status: StatusCode) -> bool {
    status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}

/// A response with no headers and no body.
fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

fn log_text(what: &str, problem: impl fmt::Display) {
    log(what, &io::Error::other(problem.to_string()));
}

/// The request, or the status for one that a [`Request`] cannot hold. The reason is logged.
fn receive(request: IncomingRequest) -> Result<Request<Body>, StatusCode> {
    let invalid = |problem: &dyn fmt::Display| {
        log_text("the request is invalid", problem);
        StatusCode::BAD_REQUEST
    };
    let mut headers = request.headers().entries();
    if let Some(authority) = request.authority() {
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            headers.push(("host".to_owned(), authority.into_bytes()));
        }
    }
    let length = length_of(&headers);
    let head = WireInbound {
        method: method_from_wasi(request.method())
            .ok_or_else(|| invalid(&"its method is not a token"))?,
        uri: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        headers,
        body: None,
    };
    let head = request_from_wire(head).map_err(|error| invalid(&error))?;
    let body = Incoming::new(Message::Request(request), length, None).map_err(|reason| {
        log_text("the body of the request cannot be read", reason);
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(head.map(|_none| Body(Inner::Incoming(Box::new(body)))))
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
