//! The seam of the fuzz targets: an outbound exchange as guests make it, with an upstream in memory.
//!
//! No part of the public interface. What is asserted stands in the tests, which replay the targets' inputs.

use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use outbound_policy::Target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tower_service::Service;

use crate::Limits;
use crate::bindings::wire;
use crate::body::Body;
use crate::headers::headers_from_wire;
use crate::method::method_to_wire;
use crate::outbound::failure::Failure;
use crate::outbound::network::Network;
use crate::outbound::outgoing::{Outgoing, streamed};

/// Nothing waits for anything but memory.
const LIMIT: Duration = Duration::from_secs(10);

/// By which import the guest calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// `fermyon:spin/http`, with whole bodies.
    Spin,
    /// `wasi:http`, whose bodies are streams.
    WasiHttp,
}

/// What a guest gives.
#[derive(Clone, Debug)]
pub struct GuestRequest {
    /// One of the seven of `fermyon:spin/http`.
    pub method: Method,
    /// Names and values, as text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// What a guest gets.
#[derive(Debug, PartialEq, Eq)]
pub struct GuestResponse {
    /// The status.
    pub status: u16,
    /// Names and values, as text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What an exchange came to.
#[derive(Debug)]
pub struct Exchange {
    /// Where connections were asked for.
    pub dialled: Vec<Uri>,
    /// What the upstream got.
    pub sent: Vec<u8>,
    /// What the guest gets, or why it gets nothing.
    pub answer: Result<GuestResponse, String>,
}

/// Sends `request` to `target`, whose upstream answers `answer` and closes its end.
///
/// # Panics
///
/// If the exchange does not end, or if the interface has no such method.
pub fn exchange(
    import: Import,
    request: GuestRequest,
    target: &Target,
    answer: Vec<u8>,
    limits: &Limits,
) -> Exchange {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (near, far) = UnixStream::pair().expect("a pair of sockets");
        let connector = InMemory::default();
        *connector.stream() = Some(near);
        let upstream = tokio::spawn(serve(far, answer));
        let answer = send(import, request, target, connector.clone(), limits);
        let answer = tokio::time::timeout(LIMIT, answer).await;
        // Without the stream, which nobody may have asked for, the upstream sees the end.
        drop(connector.stream().take());
        let sent = tokio::time::timeout(LIMIT, upstream).await;
        Exchange {
            dialled: std::mem::take(&mut *lock(&connector.dialled)),
            sent: sent.expect("the upstream ends").expect("it never panics"),
            answer: answer
                .expect("the exchange ends")
                .map_err(|failure| failure.to_string()),
        }
    })
}

/// The steps of [`crate::outbound`] after the decision.
async fn send(
    import: Import,
    request: GuestRequest,
    target: &Target,
    connector: InMemory,
    limits: &Limits,
) -> Result<GuestResponse, Failure> {
    let request = match import {
        Import::Spin => Outgoing::from_wire(by_spin(request, target), limits)?.request(target),
        Import::WasiHttp => streamed(by_wasi_http(request)?, target, limits)?,
    };
    let network = Network::over(connector, limits);
    let answer = network.exchange(request).await?.read(limits).await?;
    // Whether it can be followed is for the next hop to say.
    drop(answer.redirect_location());
    let response = answer.into_wire();
    Ok(GuestResponse {
        status: response.status,
        headers: response.headers.unwrap_or_default(),
        body: response.body.unwrap_or_default(),
    })
}

fn by_spin(request: GuestRequest, target: &Target) -> wire::Request {
    wire::Request {
        method: method_to_wire(&request.method).expect("a method of the interface"),
        uri: target.url().to_string(),
        headers: request.headers,
        params: Vec::new(),
        body: request.body,
    }
}

fn by_wasi_http(request: GuestRequest) -> Result<Request<Body>, Failure> {
    let body = request.body.map(Bytes::from).unwrap_or_default();
    let mut sent = Request::new(Body::from(body));
    *sent.method_mut() = request.method;
    *sent.headers_mut() = headers_from_wire(&request.headers).map_err(Failure::InvalidHeader)?;
    Ok(sent)
}

/// Waits for a request's head, answers, and returns all that came. A peer that leaves off is an end too.
async fn serve(mut stream: UnixStream, answer: Vec<u8>) -> Vec<u8> {
    let mut sent = Vec::new();
    let served: io::Result<()> = async {
        while !sent.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            if stream.read_buf(&mut sent).await? == 0 {
                return Ok(());
            }
        }
        stream.write_all(&answer).await?;
        stream.shutdown().await
    }
    .await;
    if served.is_ok() {
        drop(stream.read_to_end(&mut sent).await);
    }
    sent
}

/// Opens the one connection that there is, wherever it is to lead.
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
