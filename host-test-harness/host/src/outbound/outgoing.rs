//! The guest's request as it goes out: checked once, sent on each hop.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use outbound_policy::Target;

use super::failure::Failure;
use crate::Limits;
use crate::bindings::wire;
use crate::body::Body;
use crate::headers::{
    InvalidHeader, contradicting_content_length, headers_from_wire, remove_all, remove_hop_by_hop,
    section_bytes,
};
use crate::method::method_from_wire;

/// Fields that would be wrong or would leak at another origin.
const BOUND_TO_ORIGIN: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::PROXY_AUTHORIZATION,
];

/// Fields that describe a body, dropped with it (Fetch, "request-body-header name").
const BOUND_TO_BODY: [HeaderName; 5] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

pub(crate) struct Outgoing {
    pub(crate) method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Outgoing {
    /// Checks the wire request against HTTP and the limits, and settles its framing.
    pub(crate) fn from_wire(request: wire::Request, limits: &Limits) -> Result<Self, Failure> {
        let body = request.body.map(Bytes::from);
        let body_bytes = body.as_ref().map_or(0, Bytes::len);
        if body_bytes > limits.request_body_bytes {
            return Err(Failure::RequestBody {
                limit: limits.request_body_bytes,
            });
        }
        let fields = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        check_section(request.headers.len(), fields, limits)?;
        let mut headers = headers_from_wire(&request.headers).map_err(Failure::InvalidHeader)?;
        check_host(&headers)?;
        remove_hop_by_hop(&mut headers);
        check_content_length(&headers, body_bytes)?;
        let method = method_from_wire(request.method);
        set_content_length(&mut headers, &method, body.as_ref());
        Ok(Self {
            method,
            headers,
            body,
        })
    }

    pub(crate) fn body_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    /// The request for one hop.
    pub(crate) fn request(&self, target: &Target) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.uri().clone();
        self.headers.clone_into(request.headers_mut());
        request
    }

    /// Becomes the request that follows a redirect (Fetch, "HTTP-redirect fetch"; RFC 9110 section 15.4).
    pub(crate) fn redirect(&mut self, status: StatusCode, same_origin: bool) {
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
        if !same_origin {
            remove_all(&mut self.headers, &BOUND_TO_ORIGIN);
        }
    }
}

/// A request that is sent as it comes: what [`Outgoing::from_wire`] checks before its body is there.
pub(crate) fn streamed(
    mut request: Request<Body>,
    target: &Target,
    limits: &Limits,
) -> Result<Request<Body>, Failure> {
    if request.method() == Method::CONNECT {
        return Err(Failure::Tunnel);
    }
    let headers = request.headers_mut();
    let fields = headers
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_bytes()));
    check_section(headers.len(), fields, limits)?;
    check_host(headers)?;
    remove_hop_by_hop(headers);
    join_content_lengths(headers)?;
    *request.uri_mut() = target.uri().clone();
    Ok(request)
}

fn check_section<'a>(
    n_fields: usize,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    limits: &Limits,
) -> Result<(), Failure> {
    let (what, limit) = if n_fields > limits.header_fields {
        ("fields", limits.header_fields)
    } else if section_bytes(fields) > limits.header_section_bytes {
        ("bytes", limits.header_section_bytes)
    } else {
        return Ok(());
    };
    Err(Failure::RequestHeaders { what, limit })
}

/// A server must refuse a request with several (RFC 9112 section 3.2).
fn check_host(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get_all(header::HOST).iter().nth(1) {
        Some(_) => Err(repeated(&header::HOST)),
        None => Ok(()),
    }
}

/// Several that agree are one (RFC 9110 section 8.6); several that differ would end the request in two places.
fn join_content_lengths(headers: &mut HeaderMap) -> Result<(), Failure> {
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

fn repeated(name: &HeaderName) -> Failure {
    Failure::InvalidHeader(InvalidHeader::repeated(name))
}

fn check_content_length(headers: &HeaderMap, body_bytes: usize) -> Result<(), Failure> {
    contradicting_content_length(headers, body_bytes).map_or(Ok(()), |value| {
        let given = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Err(Failure::ContentLength { given, body_bytes })
    })
}

/// A body has its length. No body has none, but for the methods whose requests are expected to
/// have one (RFC 9110 section 8.6).
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
