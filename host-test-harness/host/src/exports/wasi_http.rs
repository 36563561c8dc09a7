//! The handler of `wasi:http`: a streaming request to the guest, and the response that it is still writing.

mod guest_body;
mod p2;
mod p3;

use bytes::Bytes;
use harness_outbound::Body;
use harness_outbound::headers::{content_length, remove_named_by_connection};
use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Body as HttpBody;
use outbound_policy::Origin;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::WasiBody;

use super::response::{Content, finish_head};
use crate::imports::wasi_http::error_code::{self, Named};
use crate::instance::invocation::{Identity, Invocation};
use crate::instance::state::State;
use crate::task::within;
use crate::{Error, ErrorKind};
use guest_body::{GuestBody, Running, log_after_response};

/// The export, in one version of the interface.
pub(crate) trait Export: Clone + Send + 'static {
    /// What a guest may respond with instead of a response.
    type ErrorCode: Named + Send;

    /// Calls the guest in a fresh instance, and runs it to its end.
    fn call(
        &self,
        store: &mut Store<State>,
        request: Request<Body>,
        response: ResponseSender<Self>,
    ) -> impl Future<Output = wasmtime::Result<()>> + Send;
}

type ResponseSender<V> = oneshot::Sender<Result<Response<WasiBody>, <V as Export>::ErrorCode>>;

/// Calls the guest. The response is returned as soon as the guest has written its head.
pub(crate) async fn handle<V: Export>(
    invocation: Invocation,
    export: &V,
    request: Request<Body>,
) -> Result<Response<Body>, Error> {
    let method = request.method().clone();
    let mut request = with_origin(request, invocation.store.data().outbound.origin());
    remove_named_by_connection(request.headers_mut());
    let identity = invocation.identity.clone();
    let deadline = invocation.deadline.clone();
    let (response_sender, mut response) = oneshot::channel();
    let (failure_sender, failure) = oneshot::channel();
    let mut task = Box::pin(run(
        invocation,
        export.clone(),
        request,
        response_sender,
        failure_sender,
    ));
    // Most guests finish with their response. One that keeps running is moved to its own task.
    let (response, rest) = tokio::select! {
        biased;
        () = &mut task => (response.await, None),
        response = &mut response => (response, Some(tokio::spawn(task))),
    };
    let running = Running::new(rest, failure);
    match response {
        Ok(Ok(response)) => {
            let announced = content_length(response.headers());
            let response = response
                .map(|body| GuestBody::new(body, announced, (&identity, deadline), running));
            identity.check_headers(response.headers())?;
            finish(response, &method, &identity).await
        }
        Ok(Err(code)) => {
            let code = error_code::described(code);
            let message = format!("returned the error-code {code} instead of a response");
            Err(identity.named(ErrorKind::ErrorCode, &message))
        }
        // The instance is gone, and its response with it.
        Err(_gone) => Err(running.into_failure().await.unwrap_or_else(|| {
            identity.named(
                ErrorKind::InvalidResponse,
                "exited without sending a response",
            )
        })),
    }
}

/// Runs the guest to its end. If it fails, the reason is sent before its instance is dropped, and logged if nothing
/// waits for it any more.
async fn run<V: Export>(
    mut invocation: Invocation,
    export: V,
    request: Request<Body>,
    response: ResponseSender<V>,
    failure: oneshot::Sender<Error>,
) {
    let deadline = invocation.deadline.clone();
    let handling = export.call(&mut invocation.store, request, response);
    let Err(error) = within(&deadline, handling).await else {
        invocation.complete();
        return;
    };
    if let Err(error) = failure.send(invocation.error(error)) {
        log_after_response(&error);
    }
}

/// The request, with the errors of its body as wasmtime's.
fn readable(
    request: Request<Body>,
) -> Request<impl HttpBody<Data = Bytes, Error = wasmtime_wasi_http::Error> + Send + 'static> {
    request.map(|body| body.map_err(|error| error_code::of_request_body(&error)))
}

/// Adds the scheme and authority that the interface requires: the application's scheme, and the client's authority
/// if it sent a valid one, else the application's. The guest reads them; they do not decide where anything is sent.
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

/// The guest's response as HTTP allows it. What the guest writes to a body that HTTP does not allow is read and
/// dropped.
async fn finish(
    response: Response<GuestBody>,
    method: &Method,
    identity: &Identity,
) -> Result<Response<Body>, Error> {
    let (mut head, mut body) = response.into_parts();
    let content = finish_head(head.status, &mut head.headers, method).map_err(|error| {
        identity.named(
            ErrorKind::InvalidResponse,
            &format!("responded with {error}"),
        )
    })?;
    if content == Content::Body {
        return Ok(Response::from_parts(head, Body::stream(body)));
    }
    let mut written_bytes = 0;
    while let Some(frame) = body.frame().await {
        match frame.map_err(Error::try_from) {
            Ok(frame) => written_bytes += frame.data_ref().map_or(0, Bytes::len),
            Err(Ok(error)) if error.kind() != ErrorKind::InvalidResponse => return Err(error),
            // The guest stopped writing a body that nobody reads.
            Err(Ok(_) | Err(_)) => break,
        }
    }
    content.without_body(&mut head.headers, written_bytes);
    Ok(Response::from_parts(head, Body::from(Bytes::new())))
}
