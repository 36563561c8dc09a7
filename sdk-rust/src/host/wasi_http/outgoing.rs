//! Sends the head of a request.

use super::bindings::wasi::http::outgoing_handler;
use super::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest, Scheme,
};
use super::error_code::reason;
use super::{deadline, parse_length, refused_field};
use crate::body::Body;
use crate::error::Reason;
use crate::forwarding::is_named_by_connection;
use crate::http::{Method, Request, Uri};
use crate::redirect::SELF;
use crate::request::checked_fields;

/// Fields that the host sets, or that concern one connection. It refuses a request that has them.
const OF_THE_HOST: [&str; 9] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Sends the head of `request`, and returns where `body`, its body, is to be written.
pub(super) fn start(
    request: &Request,
    body: Option<&Body>,
) -> Result<(FutureIncomingResponse, Option<OutgoingBody>), Reason> {
    let outgoing = OutgoingRequest::new(fields(request, body)?);
    let uri = request.uri();
    if uri.host() == Some("") {
        return Err(Reason::InvalidUrl);
    }
    set_head(&outgoing, request.method(), uri).map_err(|()| Reason::InvalidUrl)?;
    // A body that is taken is framed, even if nothing is written.
    let outgoing_body = match body {
        Some(_) => Some(outgoing.body().map_err(|()| Reason::RuntimeError)?),
        None => None,
    };
    let options = deadline::options(request.extensions())?;
    let future = outgoing_handler::handle(outgoing, options).map_err(|code| reason(&code))?;
    Ok((future, outgoing_body))
}

/// The fields of the request, with a true `content-length`.
fn fields(request: &Request, body: Option<&Body>) -> Result<Fields, Reason> {
    // `None` if a reader says no length.
    let length = body.map_or(Some(0), Body::length);
    let authority = request.uri().authority();
    let mut fields = Vec::with_capacity(request.headers().len() + 1);
    let mut has_length = false;
    for (name, value) in checked_fields(request)? {
        if name == "content-length" {
            let said = parse_length(value).ok_or(Reason::RequestError)?;
            if length.is_some_and(|length| length != said) {
                return Err(Reason::RequestError);
            }
            if length.is_none() && !has_length {
                fields.push((name.to_owned(), said.to_string().into()));
                has_length = true;
            }
        } else if name == "host" {
            if !authority.is_some_and(|own| value.eq_ignore_ascii_case(own.as_str().as_bytes())) {
                return Err(Reason::HostField);
            }
        } else if !OF_THE_HOST.contains(&name) && !is_named_by_connection(request.headers(), name) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    // As RFC 9110 section 8.6 says, no framing for a request without a body that expects none.
    let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    if let Some(length) = length.filter(|_| body.is_some() || expects_body) {
        fields.push(("content-length".to_owned(), length.to_string().into()));
    }
    Fields::from_list(&fields).map_err(|_error| Reason::FieldRefused(refused_field(&fields)))
}

fn set_head(outgoing: &OutgoingRequest, method: &Method, uri: &Uri) -> Result<(), ()> {
    outgoing.set_method(&method_to_wasi(method))?;
    let scheme = match uri.scheme_str() {
        Some("http") | None => Scheme::Http,
        Some("https") => Scheme::Https,
        Some(other) => Scheme::Other(other.to_owned()),
    };
    outgoing.set_scheme(Some(&scheme))?;
    // A path is a call of the component's own application, which Spin names `self`.
    let authority = uri.authority().map_or(SELF, |authority| authority.as_str());
    outgoing.set_authority(Some(authority))?;
    outgoing.set_path_with_query(uri.path_and_query().map(|path| path.as_str()))
}

fn method_to_wasi(method: &Method) -> WasiMethod {
    match *method {
        Method::GET => WasiMethod::Get,
        Method::HEAD => WasiMethod::Head,
        Method::POST => WasiMethod::Post,
        Method::PUT => WasiMethod::Put,
        Method::DELETE => WasiMethod::Delete,
        Method::OPTIONS => WasiMethod::Options,
        Method::TRACE => WasiMethod::Trace,
        Method::PATCH => WasiMethod::Patch,
        _ => WasiMethod::Other(method.as_str().to_owned()),
    }
}
