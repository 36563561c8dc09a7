//! What the guests and hyper call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::watch;

use crate::Result;

/// How long an upstream may wait for requests.
const ARRIVAL: Duration = Duration::from_secs(60);

/// An upstream that answers every request with `n_bytes` bytes.
pub(crate) fn start(n_bytes: usize) -> Result<String> {
    with_fields(n_bytes, 0)
}

/// An upstream that answers every request with `n_bytes` bytes, and `n_fields` header fields beside its own.
pub(crate) fn with_fields(n_bytes: usize, n_fields: usize) -> Result<String> {
    let mut fields = HeaderMap::with_capacity(n_fields);
    for index in 0..n_fields {
        let name = HeaderName::try_from(format!("x-field-{index}"))?;
        fields.append(name, HeaderValue::from_static("a value of some length"));
    }
    let body = Bytes::from(vec![b'x'; n_bytes]);
    serve(move |_| {
        let (body, fields) = (body.clone(), fields.clone());
        async move {
            let mut response = Response::new(Full::new(body));
            *response.headers_mut() = fields;
            response
        }
    })
}

/// An upstream that answers every request with its body.
pub(crate) fn echo() -> Result<String> {
    serve(|body| async { Response::new(Full::new(body)) })
}

/// An upstream that answers nobody until it is opened.
pub(crate) struct Gate {
    pub(crate) authority: String,
    /// Requests that have arrived.
    n_arrived: watch::Sender<usize>,
    is_open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn start() -> Result<Arc<Self>> {
        let (n_arrived, is_open) = (watch::Sender::new(0), watch::Sender::new(false));
        let senders = (n_arrived.clone(), is_open.clone());
        let authority = serve(move |_| {
            let (n_arrived, is_open) = senders.clone();
            async move {
                n_arrived.send_modify(|n_requests| *n_requests += 1);
                // The sender is in this very future.
                drop(is_open.subscribe().wait_for(|is_open| *is_open).await);
                Response::new(Full::default())
            }
        })?;
        Ok(Arc::new(Self {
            authority,
            n_arrived,
            is_open,
        }))
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn arrival_of(&self, n_requests: usize) -> Result<()> {
        let mut n_arrived = self.n_arrived.subscribe();
        let all = n_arrived.wait_for(|n_arrived| *n_arrived >= n_requests);
        drop(tokio::time::timeout(ARRIVAL, all).await??);
        Ok(())
    }

    /// Answers all that have come and all that will come.
    pub(crate) fn open(&self) {
        self.is_open.send_replace(true);
    }
}

/// A server with a thread of its own, which gives each request's body for an answer; returns its authority.
fn serve<A, F>(answer: A) -> Result<String>
where
    A: Fn(Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let authority = listener.local_addr()?.to_string();
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)
                .expect("a listener that does not block");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a TCP socket");
                let answer = answer.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = answer.clone();
                    async move {
                        // An answer before the end of a body would end the connection, and with it the body: guests
                        // of `wasi:http` may send one with a GET, which is empty.
                        let body = request.into_body().collect().await?.to_bytes();
                        Ok::<_, hyper::Error>(answer(body).await)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    Ok(authority)
}
