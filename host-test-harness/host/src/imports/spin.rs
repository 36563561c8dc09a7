//! `fermyon:spin/http`: buffered outbound calls.

use bytes::Bytes;
use harness_outbound::headers::headers_to_wire;
use harness_outbound::{BufferedRequest, OutboundError, TransportError};
use http::{Method, Response};

use crate::bindings::fermyon;
use crate::bindings::wire::{self, HttpError};
use crate::instance::state::State;

impl fermyon::spin::http::Host for State {
    async fn send_request(&mut self, request: wire::Request) -> Result<wire::Response, HttpError> {
        self.outbound
            .send_buffered(request_from_wire(request), error_code_name)
            .await
            .map(response_to_wire)
            .map_err(|error| error_code(&error))
    }
}

impl fermyon::spin::http_types::Host for State {}

fn request_from_wire(request: wire::Request) -> BufferedRequest {
    BufferedRequest {
        method: method_from_wire(request.method),
        uri: request.uri,
        headers: request.headers,
        body: request.body.map(Bytes::from),
    }
}

/// A body is always `some`, as in Spin.
fn response_to_wire(response: Response<Vec<u8>>) -> wire::Response {
    let (head, body) = response.into_parts();
    wire::Response {
        status: head.status.as_u16(),
        headers: Some(headers_to_wire(&head.headers)),
        body: Some(body),
    }
}

/// The case of the WIT enum that the guest gets. The interface carries no more; the log line has the cause.
fn error_code(error: &OutboundError) -> HttpError {
    match error {
        OutboundError::InvalidUri(_) | OutboundError::NoOrigin => HttpError::InvalidUrl,
        OutboundError::Denied(_) | OutboundError::Blocked(_) => HttpError::DestinationNotAllowed,
        OutboundError::Tunnel
        | OutboundError::ContentLength { .. }
        | OutboundError::RequestBodyAborted(_) => HttpError::RequestError,
        OutboundError::TooManyCalls { .. } => HttpError::TooManyRequests,
        OutboundError::InvalidHeader(_)
        | OutboundError::RequestBodyTooLarge { .. }
        | OutboundError::RequestHeaders(_)
        | OutboundError::ResponseBodyTooLarge { .. }
        | OutboundError::ResponseHeaders(_)
        | OutboundError::Timeout { .. }
        | OutboundError::TooManyRedirects { .. }
        | OutboundError::InvalidLocation(_)
        | OutboundError::AmbiguousLocation
        | OutboundError::UnexpectedStatus(_)
        | OutboundError::SelfCallDepth { .. }
        | OutboundError::Peer(_)
        | OutboundError::Mock(_)
        | OutboundError::VirtualTime => HttpError::RuntimeError,
        OutboundError::Transport(failure) => match failure.error {
            TransportError::BlockedAddress => HttpError::DestinationNotAllowed,
            TransportError::TooManyConnections => HttpError::TooManyRequests,
            TransportError::Dns
            | TransportError::Refused
            | TransportError::Unreachable
            | TransportError::Tls(_)
            | TransportError::Reset
            | TransportError::Incomplete
            | TransportError::Malformed
            | TransportError::Timeout(_) => HttpError::RuntimeError,
        },
    }
}

/// [`error_code`] in the words of the WIT.
pub(crate) fn error_code_name(error: &OutboundError) -> &'static str {
    match error_code(error) {
        HttpError::Success => "success",
        HttpError::DestinationNotAllowed => "destination-not-allowed",
        HttpError::InvalidUrl => "invalid-url",
        HttpError::RequestError => "request-error",
        HttpError::RuntimeError => "runtime-error",
        HttpError::TooManyRequests => "too-many-requests",
    }
}

fn method_from_wire(method: wire::Method) -> Method {
    match method {
        wire::Method::Get => Method::GET,
        wire::Method::Post => Method::POST,
        wire::Method::Put => Method::PUT,
        wire::Method::Delete => Method::DELETE,
        wire::Method::Patch => Method::PATCH,
        wire::Method::Head => Method::HEAD,
        wire::Method::Options => Method::OPTIONS,
    }
}

/// `None` for a method that the interface cannot carry.
pub(crate) fn method_to_wire(method: &Method) -> Option<wire::Method> {
    Some(match *method {
        Method::GET => wire::Method::Get,
        Method::POST => wire::Method::Post,
        Method::PUT => wire::Method::Put,
        Method::DELETE => wire::Method::Delete,
        Method::PATCH => wire::Method::Patch,
        Method::HEAD => wire::Method::Head,
        Method::OPTIONS => wire::Method::Options,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_methods_round_trip_and_no_other_passes() {
        for name in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"] {
            let method: Method = name.parse().unwrap();
            assert_eq!(method_to_wire(&method).map(method_from_wire), Some(method));
        }
        for name in ["TRACE", "CONNECT", "get", "PURGE"] {
            assert_eq!(method_to_wire(&name.parse().unwrap()), None, "{name}");
        }
    }
}
