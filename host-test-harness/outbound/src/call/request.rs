//! The guest's request as it is sent: checked once, and rewritten by redirects.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use outbound_policy::Target;

use crate::body::Body;
use crate::error::OutboundError;
use crate::headers::{
    InvalidHeader, contradicting_content_length, headers_from_wire, remove_all, remove_hop_by_hop,
};
use crate::limits::CallLimits;

/// Fields that would be wrong at another origin, or would leak to it.
const BOUND_TO_ORIGIN: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::PROXY_AUTHORIZATION,
];

/// Fields that describe a body and are removed with it (Fetch, "request-body-header name").
const BOUND_TO_BODY: [HeaderName; 5] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// A guest's request with a buffered body, as `fermyon:spin/http` passes it.
#[derive(Debug, Clone)]
pub struct BufferedRequest {
    /// The method.
    pub method: Method,
    /// The URI, not parsed yet.
    pub uri: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body. `None` sends no framing, except `content-length: 0` for POST, PUT and PATCH.
    pub body: Option<Bytes>,
}

/// A buffered request whose headers and framing are valid.
pub(super) struct Outgoing {
    pub(super) method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Outgoing {
    /// Checks the request against HTTP and the limits, and sets its framing.
    pub(super) fn new(
        request: BufferedRequest,
        limits: &CallLimits,
    ) -> Result<Self, OutboundError> {
        let body_bytes = request.body.as_ref().map_or(0, Bytes::len);
        if body_bytes > limits.request_body_bytes {
            return Err(OutboundError::RequestBodyTooLarge {
                limit: limits.request_body_bytes,
            });
        }
        let fields = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        // Before the conversion, since a map of headers holds fewer fields than a limit may allow.
        check_section(
            limits.headers.allow_fields(request.headers.len(), fields),
            limits,
        )?;
        let mut headers =
            headers_from_wire(&request.headers).map_err(OutboundError::InvalidHeader)?;
        check_host(&headers)?;
        remove_hop_by_hop(&mut headers);
        check_content_length(&headers, body_bytes)?;
        set_content_length(&mut headers, &request.method, request.body.as_ref());
        Ok(Self {
            method: request.method,
            headers,
            body: request.body,
        })
    }

    pub(super) fn body_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    /// The request for one hop.
    pub(super) fn request(&self, target: &Target) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.uri().clone();
        self.headers.clone_into(request.headers_mut());
        request
    }

    /// Becomes the request that follows a redirect with `status` (Fetch, "HTTP-redirect fetch"; RFC 9110 section
    /// 15.4).
    pub(super) fn follow_redirect(&mut self, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            remove_all(&mut self.headers, &BOUND_TO_BODY);
        }
    }

    /// Removes the fields that must not reach another origin.
    pub(super) fn leave_origin(&mut self) {
        remove_all(&mut self.headers, &BOUND_TO_ORIGIN);
    }
}

/// Checks the head of a request with a streaming body, as [`Outgoing::new`] checks that of a buffered one.
pub(super) fn streaming(
    mut request: Request<Body>,
    target: &Target,
    limits: &CallLimits,
) -> Result<Request<Body>, OutboundError> {
    if request.method() == Method::CONNECT {
        return Err(OutboundError::Tunnel);
    }
    let headers = request.headers_mut();
    check_section(limits.headers.allow(headers), limits)?;
    check_host(headers)?;
    // The one hop-by-hop field that says something of the caller, and that HTTP/2 has too (RFC 9113 section 8.2.2).
    let accepts_trailers = accepts_trailers(headers);
    remove_hop_by_hop(headers);
    if accepts_trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    join_content_lengths(headers)?;
    *request.uri_mut() = target.uri().clone();
    Ok(request)
}

fn accepts_trailers(headers: &HeaderMap) -> bool {
    let mut codings = headers
        .get_all(header::TE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

fn check_section(is_within: bool, limits: &CallLimits) -> Result<(), OutboundError> {
    if is_within {
        Ok(())
    } else {
        Err(OutboundError::RequestHeaders(limits.headers))
    }
}

/// A server must refuse a request with several `host` fields (RFC 9112 section 3.2).
fn check_host(headers: &HeaderMap) -> Result<(), OutboundError> {
    match headers.get_all(header::HOST).iter().nth(1) {
        Some(_) => Err(repeated(&header::HOST)),
        None => Ok(()),
    }
}

/// Several equal `content-length` fields become one (RFC 9110 section 8.6). Different ones would end the request in two
/// places.
fn join_content_lengths(headers: &mut HeaderMap) -> Result<(), OutboundError> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(length) = lengths.next().cloned() else {
        return Ok(());
    };
    if lengths.any(|other| other != length) {
        return Err(repeated(&header::CONTENT_LENGTH));
    }
    headers.insert(header::CONTENT_LENGTH, length);
    Ok(())
}

fn repeated(name: &HeaderName) -> OutboundError {
    OutboundError::InvalidHeader(InvalidHeader::repeated(name))
}

fn check_content_length(headers: &HeaderMap, body_bytes: usize) -> Result<(), OutboundError> {
    contradicting_content_length(headers, body_bytes).map_or(Ok(()), |value| {
        let given = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Err(OutboundError::ContentLength { given, body_bytes })
    })
}

/// A body has a `content-length`. A request without a body has none, except for the methods whose requests are
/// expected to have a body (RFC 9110 section 8.6).
fn set_content_length(headers: &mut HeaderMap, method: &Method, body: Option<&Bytes>) {
    let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    match body {
        Some(body) => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        None if expects_body => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        None => {
            headers.remove(header::CONTENT_LENGTH);
        }
    }
}
