//! Sends a request: head, body, and the whole response.

use std::time::Duration;

use super::bindings::wasi::http::outgoing_handler;
use super::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, HeaderError, IncomingBody, IncomingResponse,
    Method as WasiMethod, OutgoingBody, OutgoingRequest, RequestOptions, Scheme, http_error_code,
};
use super::bindings::wasi::io::streams::{OutputStream, StreamError};
use super::deadline::{Deadline, Phase, nanoseconds};
use super::error_code::reason;
use crate::error::Reason;
use crate::http::{Extensions, Method, Uri};
use crate::outbound_http::Timeouts;
use crate::redirect::SELF;
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
    start(request)?.finish()
}

/// A call whose request has been sent.
pub(crate) struct InFlight {
    future: FutureIncomingResponse,
    deadline: Deadline,
    first_byte: Option<Phase>,
    between_bytes: Option<Phase>,
}

/// Sends `request`, and leaves its response to [`InFlight::finish`].
pub(crate) fn start(request: &WireRequest<'_>) -> Result<InFlight, Reason> {
    let uri: Uri = request.uri.parse().map_err(|_invalid| Reason::InvalidUrl)?;
    let outgoing = OutgoingRequest::new(fields(request, &uri)?);
    set_head(&outgoing, request.method, &uri).map_err(|()| Reason::InvalidUrl)?;
    // A body that is taken is framed, even if nothing is written.
    let body = match request.body {
        Some(bytes) => Some((outgoing.body().map_err(|()| Reason::RuntimeError)?, bytes)),
        None => None,
    };
    let deadline = Deadline::of(request.extensions);
    let options = options(request.extensions)?;
    let future = outgoing_handler::handle(outgoing, options).map_err(|code| reason(&code))?;
    // An upstream may respond before it has read the whole body, so a failure to write does
    // not fail the call: the response says what happened.
    if let Some((body, bytes)) = body {
        match write_body(body, bytes, &deadline) {
            Err(WriteError::Ended(reason)) => return Err(reason),
            Err(WriteError::Stream) | Ok(()) => {}
        }
    }
    Ok(InFlight {
        future,
        deadline,
        first_byte: Phase::first_byte(request.extensions),
        between_bytes: Phase::between_bytes(request.extensions),
    })
}

impl InFlight {
    /// Waits for the whole response.
    pub(crate) fn finish(self) -> Result<WireResponse, Reason> {
        self.deadline
            .wait(&self.future.subscribe(), self.first_byte)?;
        match self.future.get() {
            Some(Ok(Ok(response))) => receive(&response, &self.deadline, self.between_bytes),
            Some(Ok(Err(code))) => Err(reason(&code)),
            Some(Err(())) | None => Err(Reason::RuntimeError),
        }
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

/// How much longer the host waits than the SDK, so that the error is that of the SDK.
const HOST_SLACK: Duration = Duration::from_secs(1);

/// The times of the call that the host measures. Without these it would end a call that may take
/// longer than its default.
fn options(extensions: &Extensions) -> Result<Option<RequestOptions>, Reason> {
    let Some(timeouts) = extensions.get::<Timeouts>() else {
        return Ok(None);
    };
    let options = RequestOptions::new();
    let time =
        |time: Option<Duration>| time.map(|time| nanoseconds(time.saturating_add(HOST_SLACK)));
    options
        .set_connect_timeout(timeouts.connect.map(nanoseconds))
        .and_then(|()| options.set_first_byte_timeout(time(timeouts.first_byte)))
        .and_then(|()| options.set_between_bytes_timeout(time(timeouts.between_bytes)))
        .map_err(|()| Reason::TimeoutRefused)?;
    Ok(Some(options))
}

/// Why a body was not written.
pub(super) enum WriteError {
    /// The other side does not take it.
    Stream,
    /// The call has ended.
    Ended(Reason),
}

impl From<StreamError> for WriteError {
    fn from(_error: StreamError) -> Self {
        Self::Stream
    }
}

/// Writes and finishes a body.
pub(super) fn write_body(
    body: OutgoingBody,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), WriteError> {
    let stream = body.write().map_err(|()| WriteError::Stream)?;
    write_all(&stream, bytes, deadline)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_code| WriteError::Stream)
}

fn write_all(
    stream: &OutputStream,
    mut bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), WriteError> {
    let ready = stream.subscribe();
    while !bytes.is_empty() {
        deadline.wait(&ready, None).map_err(WriteError::Ended)?;
        let permitted = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        let (now, later) = bytes.split_at(permitted.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    stream.flush()?;
    deadline.wait(&ready, None).map_err(WriteError::Ended)?;
    stream.check_write()?;
    Ok(())
}

fn receive(
    response: &IncomingResponse,
    deadline: &Deadline,
    phase: Option<Phase>,
) -> Result<WireResponse, Reason> {
    let body = response.consume().map_err(|()| Reason::RuntimeError)?;
    Ok(WireResponse {
        status: response.status(),
        headers: response.headers().entries(),
        body: Some(read_body(&body, deadline, phase)?),
    })
}

/// Reads a body to its end.
pub(super) fn read_body(
    body: &IncomingBody,
    deadline: &Deadline,
    phase: Option<Phase>,
) -> Result<Vec<u8>, Reason> {
    let stream = body.stream().map_err(|()| Reason::RuntimeError)?;
    let ready = stream.subscribe();
    let mut bytes = Vec::new();
    loop {
        deadline.wait(&ready, phase)?;
        match stream.read(READ_BYTES) {
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
