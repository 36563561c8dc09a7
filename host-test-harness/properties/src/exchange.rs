//! One outbound call through either import, with an upstream in memory.

use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::headers::{headers_from_wire, headers_to_wire};
use harness_outbound::{
    BodyError, BufferedRequest, CallContext, CallLimits, CallTimeouts, Caller, Direct, Network,
    NoPeers, OutboundCalls, OutboundError, SelfCalls,
};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use outbound_policy::{AllowList, Origin, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tower_service::Service;

/// Nothing waits for anything but memory.
const LIMIT: Duration = Duration::from_secs(10);

/// The import through which the guest calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Import {
    /// `fermyon:spin/http`, with buffered bodies.
    Spin,
    /// `wasi:http`, with streaming bodies.
    WasiHttp,
}

/// The guest's request.
#[derive(Clone, Debug)]
pub(crate) struct GuestRequest {
    pub(crate) method: Method,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// The guest's response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GuestResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A call and its result.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The URIs that a connection was requested for.
    pub(crate) dialled: Vec<Uri>,
    /// The bytes that the upstream received.
    pub(crate) sent: Vec<u8>,
    /// The guest's response, or its error.
    pub(crate) response: Result<GuestResponse, String>,
}

/// Sends `request` to `target`. The upstream responds with `response` and closes its end.
pub(crate) fn exchange(
    import: Import,
    request: GuestRequest,
    target: &Target,
    response: Vec<u8>,
    limits: CallLimits,
) -> Exchange {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the runtime starts");
    runtime.block_on(async {
        let (near, far) = UnixStream::pair().expect("a pair of sockets");
        let connector = InMemory::default();
        *connector.stream() = Some(near);
        let upstream = tokio::spawn(serve(far, response));
        let call = call(import, request, target, (connector.clone(), limits));
        let response = tokio::time::timeout(LIMIT, call).await;
        // If no connection was opened, the upstream sees the end of the stream now.
        drop(connector.stream().take());
        let sent = tokio::time::timeout(LIMIT, upstream).await;
        Exchange {
            dialled: std::mem::take(&mut *lock(&connector.dialled)),
            sent: sent.expect("the upstream ends").expect("it never panics"),
            response: response
                .expect("the call ends")
                .map_err(|error| error.to_string()),
        }
    })
}

async fn call(
    import: Import,
    request: GuestRequest,
    target: &Target,
    (connector, limits): (InMemory, CallLimits),
) -> Result<GuestResponse, OutboundError> {
    let network = Network::over(connector, limits.headers);
    let origin = Origin::parse("http://127.0.0.1:3000").expect("the literal is an origin");
    let caller = Caller {
        name: "guest".into(),
        allow_list: AllowList::from_allowed_http_hosts(["insecure:allow-all"])
            .expect("the entry is valid"),
        usage: Arc::default(),
        self_calls: Some(SelfCalls::Origin(origin.clone())),
        blocked_networks: Arc::default(),
        transport: Arc::new(Direct::new(Arc::new(network))),
        observers: Vec::new(),
        limits,
    };
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let calls = OutboundCalls::new(Arc::new(caller), context);
    let uri = target.url().to_string();
    match import {
        Import::Spin => {
            let request = BufferedRequest {
                method: request.method,
                uri,
                headers: request.headers,
                body: request.body.map(Bytes::from),
            };
            let response = calls.send_buffered(request, |_| "failed").await?;
            let (head, body) = response.into_parts();
            Ok(guest_response(&Response::from_parts(head, ()), body))
        }
        Import::WasiHttp => {
            let body = Full::new(request.body.map(Bytes::from).unwrap_or_default());
            let body = body.map_err(|never| -> BodyError { match never {} });
            let mut sent = Request::new(body);
            *sent.method_mut() = request.method;
            *sent.uri_mut() = uri.parse().expect("a target's URL is a URI");
            *sent.headers_mut() =
                headers_from_wire(&request.headers).map_err(OutboundError::InvalidHeader)?;
            let timeouts = CallTimeouts::default();
            let response = calls.send_streaming(sent, timeouts, |_| "failed").await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            Ok(guest_response(&Response::from_parts(head, ()), body))
        }
    }
}

fn guest_response(head: &Response<()>, body: Vec<u8>) -> GuestResponse {
    GuestResponse {
        status: head.status().as_u16(),
        headers: headers_to_wire(head.headers()),
        body,
    }
}

/// Waits for a request's head, responds, and returns everything that was received, even if the client stops early.
async fn serve(mut stream: UnixStream, response: Vec<u8>) -> Vec<u8> {
    let mut sent = Vec::new();
    let served: io::Result<()> = async {
        while !sent.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            if stream.read_buf(&mut sent).await? == 0 {
                return Ok(());
            }
        }
        stream.write_all(&response).await?;
        stream.shutdown().await
    }
    .await;
    if served.is_ok() {
        drop(stream.read_to_end(&mut sent).await);
    }
    sent
}

/// Opens one connection, whatever the URI.
#[derive(Clone, Default)]
struct InMemory {
    stream: Arc<Mutex<Option<UnixStream>>>,
    dialled: Arc<Mutex<Vec<Uri>>>,
}

impl InMemory {
    fn stream(&self) -> std::sync::MutexGuard<'_, Option<UnixStream>> {
        lock(&self.stream)
    }
}

impl Service<Uri> for InMemory {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<UnixStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        lock(&self.dialled).push(uri);
        let stream = self.stream().take();
        ready(stream.map(TokioIo::new).ok_or_else(|| {
            io::Error::new(io::ErrorKind::ConnectionRefused, "it was opened before")
        }))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
