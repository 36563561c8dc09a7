//! Sends a request: head, body, and the whole response.

use super::bindings::wasi::http::outgoing_handler;
use super::bindings::wasi::http::types::{
    Fields, HeaderError, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody,
    OutgoingRequest, Scheme, http_error_code,
};
use super::bindings::wasi::io::streams::{OutputStream, StreamError};
use super::error_code::reason;
use crate::error::Reason;
use crate::http::{Method, Uri};
use crate::wire::{WireRequest, WireResponse};

/// How many bytes of a body are read at once at most.
const READ_BYTES: u64 = 64 * 1024;

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

/// Sends `request` through the import. The host does not follow redirects.
pub(crate) fn send(request: &WireRequest<'_>) -> Result<WireResponse, Reason> {
    let uri: Uri = request.uri.parse().map_err(|_invalid| Reason::InvalidUrl)?;
    let outgoing = OutgoingRequest::new(fields(request, &uri)?);
    set_head(&outgoing, request.method, &uri).map_err(|()| Reason::InvalidUrl)?;
    // A body that is taken is framed, even if nothing is written.
    let body = match request.body {
        Some(bytes) => Some((outgoing.body().map_err(|()| Reason::RuntimeError)?, bytes)),
        None => None,
    };
    let future = outgoing_handler::handle(outgoing, None).map_err(|code| reason(&code))?;
    // An upstream may respond before it has read the whole body, so a failure to write is no error
    // of the call: the response says what happened.
    if let Some((body, bytes)) = body {
        drop(write_body(body, bytes));
    }
    future.subscribe().block();
    match future.get() {
        Some(Ok(Ok(response))) => receive(&response),
        Some(Ok(Err(code))) => Err(reason(&code)),
        Some(Err(())) | None => Err(Reason::RuntimeError),
    }
}

/// The fields of the request, with a true `content-length`.
fn fields(request: &WireRequest<'_>, uri: &Uri) -> Result<Fields, Reason> {
    let body_bytes = request.body.map_or(0, <[u8]>::len);
    let mut fields = Vec::with_capacity(request.headers.len() + 1);
    for &(name, value) in &request.headers {
        let authority = uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        if name == "content-length" {
            let length = std::str::from_utf8(value).ok();
            if length.and_then(|text| text.trim().parse().ok()) != Some(body_bytes) {
                return Err(Reason::RequestError);
            }
        } else if name == "host" && authority != Some(value) {
            return Err(Reason::HostField);
        } else if !OF_THE_HOST.contains(&name) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    // As RFC 9110 section 8.6 says, no framing for a request without a body that expects none.
    let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method);
    if request.body.is_some() || expects_body {
        fields.push(("content-length".to_owned(), body_bytes.to_string().into()));
    }
    Fields::from_list(&fields).map_err(|error| match error {
        HeaderError::InvalidSyntax | HeaderError::Forbidden | HeaderError::Immutable => {
            Reason::FieldRefused
        }
    })
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
    let authority = uri
        .authority()
        .map_or("self", |authority| authority.as_str());
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

/// Writes and finishes a body.
pub(super) fn write_body(body: OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().map_err(|()| StreamError::Closed)?;
    write_all(&stream, bytes)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_code| StreamError::Closed)
}

fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    let ready = stream.subscribe();
    while !bytes.is_empty() {
        ready.block();
        let permitted = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        let (now, later) = bytes.split_at(permitted.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    stream.flush()?;
    ready.block();
    stream.check_write().map(drop)
}

fn receive(response: &IncomingResponse) -> Result<WireResponse, Reason> {
    let body = response.consume().map_err(|()| Reason::RuntimeError)?;
    Ok(WireResponse {
        status: response.status(),
        headers: response.headers().entries(),
        body: Some(read_body(body)?),
    })
}

/// Reads a body to its end.
pub(super) fn read_body(body: IncomingBody) -> Result<Vec<u8>, Reason> {
    let stream = body.stream().map_err(|()| Reason::RuntimeError)?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(piece) if bytes.is_empty() => bytes = piece,
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = http_error_code(&error);
                return Err(code.map_or(Reason::RuntimeError, |code| reason(&code)));
            }
        }
    }
}
