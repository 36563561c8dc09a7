//! A request to a guest that exports the handler of `wasi:http`, and its response.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Body as HttpBody;
use outbound_policy::Origin;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::{WasiBody, WasiHttpView as _};

use crate::body::{Body, BodyError};
use crate::guest::Guest;
use crate::headers::{is_within, remove_hop_by_hop};
use crate::invocation::{Invocation, too_large_headers, within};
use crate::outbound::in_process::Chain;
use crate::state::State;
use crate::wasi_http::error_code::{self, Named};
use crate::wasi_http::response_body::{GuestBody, Running, log_after_response};
use crate::{Error, ErrorKind};

/// The export, in a version of the interface.
pub(crate) trait Version: Clone + Send + 'static {
    /// What a guest may answer with instead of a response.
    type ErrorCode: Named + Send;

    /// Has a fresh instance answer, and runs it to its end.
    fn answer(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: ResponseSender<Self>,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;
}

type ResponseSender<V> = oneshot::Sender<Result<Response<WasiBody>, <V as Version>::ErrorCode>>;

impl Version for ProxyPre<State> {
    type ErrorCode = ErrorCode;

    async fn answer(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: ResponseSender<Self>,
    ) -> wasmtime::Result<()> {
        let scheme = if request.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(scheme, readable(request))?;
        let response = http.new_response_outparam(response)?;
        let proxy = self.instantiate_async(&mut *store).await?;
        let handler = proxy.wasi_http_incoming_handler();
        handler.call_handle(store, request, response).await
    }
}

/// Has a fresh instance answer. The response is there as soon as the guest has given its head.
pub(crate) async fn handle<V: Version>(
    guest: &Guest,
    handler: &V,
    request: Request<Body>,
    chain: Chain,
) -> Result<Response<Body>, Error> {
    let method = request.method().clone();
    let request = with_origin(request, chain.origin());
    let invocation = Invocation::new(guest, &[], chain)?;
    let (response_sender, mut response) = oneshot::channel();
    let (failure_sender, failure) = oneshot::channel();
    let mut task = Box::pin(run(
        invocation,
        handler.clone(),
        request,
        response_sender,
        failure_sender,
    ));
    // Most guests have ended when their response is there. What goes on gets a task of its own.
    let (response, rest) = tokio::select! {
        biased;
        () = &mut task => (response.await, None),
        response = &mut response => (response, Some(tokio::spawn(task))),
    };
    let running = Running::new(rest, failure);
    let failed = |message: String| {
        let message = format!("guest `{}`: {message}", guest.name());
        Error::new(ErrorKind::InvalidResponse, message)
    };
    match response {
        Ok(Ok(response)) => {
            let announced = content_length(response.headers());
            let response = response.map(|body| GuestBody::new(body, announced, guest, running));
            let limits = guest.harness().limits();
            if !is_within(response.headers(), limits) {
                let problem = too_large_headers(limits);
                let message = format!("guest `{}`: it answered with {problem}", guest.name());
                return Err(Error::new(ErrorKind::LimitReached, message));
            }
            finish(response, &method)
                .await
                .map_err(|error| match error {
                    Unusable::Failed(error) => error,
                    Unusable::Response(problem) => failed(format!("it answered with {problem}")),
                })
        }
        Ok(Err(code)) => Err(failed(format!(
            "it answered with the error-code {} instead of a response",
            error_code::described(code)
        ))),
        // The instance is gone, and with it what it would have answered with.
        Err(_gone) => Err(running
            .into_failure()
            .await
            .unwrap_or_else(|| failed("it ended without a response".to_owned()))),
    }
}

/// Runs the guest to its end. Why it has failed is sent before its instance is dropped, and goes to the log
/// if nobody waits for it any more.
async fn run<V: Version>(
    mut invocation: Invocation,
    handler: V,
    request: Request<Body>,
    response: ResponseSender<V>,
    failure: oneshot::Sender<Error>,
) {
    let deadline = invocation.deadline;
    let answering = handler.answer(&mut invocation.store, request, response);
    let Err(error) = within(deadline, answering).await else {
        invocation.store.data_mut().complete();
        return;
    };
    if let Err(error) = failure.send(invocation.error(error)) {
        log_after_response(&error);
    }
}

/// The request with what goes wrong in its body as wasmtime knows it.
pub(super) fn readable(
    request: Request<Body>,
) -> Request<impl HttpBody<Data = Bytes, Error = wasmtime_wasi_http::Error> + Send + 'static> {
    request.map(|body| body.map_err(|error| error_code::of_request_body(&error)))
}

/// The interface wants a scheme, which is the application's, and an authority: the client's if it is one, which
/// is told to the guest and has no say in where anything is sent, or else that of the application.
fn with_origin(mut request: Request<Body>, origin: &Origin) -> Request<Body> {
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut parts = request.uri().clone().into_parts();
    if parts.authority.is_none() {
        parts.authority = host.or_else(|| {
            origin
                .to_string()
                .parse::<Uri>()
                .ok()?
                .into_parts()
                .authority
        });
    }
    parts.scheme = Some(match origin.scheme() {
        outbound_policy::Scheme::Http => http::uri::Scheme::HTTP,
        outbound_policy::Scheme::Https => http::uri::Scheme::HTTPS,
    });
    parts
        .path_and_query
        .get_or_insert(PathAndQuery::from_static("/"));
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// The guest's response as HTTP has it: without fields that describe a connection, and without a body where
/// a response has none (RFC 9110 sections 6.4.1 and 7.6.1). What the guest writes there is read and dropped.
async fn finish(
    response: Response<GuestBody>,
    method: &Method,
) -> Result<Response<Body>, Unusable> {
    let (mut head, mut body) = response.into_parts();
    if head.status.is_informational() {
        let status = head.status.as_u16();
        return Err(Unusable::Response(format!(
            "status {status}; a response has 200 to 999"
        )));
    }
    remove_hop_by_hop(&mut head.headers);
    let is_head = method == Method::HEAD;
    let is_empty = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
    if !is_head && !is_empty {
        return Ok(Response::from_parts(head, Body::Guest(Box::new(body))));
    }
    let mut written_bytes = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => written_bytes += frame.data_ref().map_or(0, Bytes::len),
            Err(BodyError::Guest(error)) if error.kind() != ErrorKind::InvalidResponse => {
                return Err(Unusable::Failed(error));
            }
            // The guest has broken off what nobody asked for.
            Err(_) => break,
        }
    }
    if head.status == StatusCode::NO_CONTENT {
        head.headers.remove(CONTENT_LENGTH);
    } else if is_head && !is_empty && written_bytes > 0 {
        let length = HeaderValue::from(written_bytes);
        head.headers.entry(CONTENT_LENGTH).or_insert(length);
    }
    Ok(Response::from_parts(head, Body::from(Bytes::new())))
}

/// Wasmtime has checked the field: one value, of digits.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why there is no response after all.
enum Unusable {
    Response(String),
    Failed(Error),
}
