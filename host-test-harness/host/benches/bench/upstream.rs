//! The upstreams that the guests and hyper call.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::watch;

use crate::Result;

/// The longest time that an upstream waits for requests.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Starts an upstream that responds to every request with `n_bytes` bytes; returns its authority.
pub(crate) fn start(n_bytes: usize) -> Result<String> {
    with_fields(n_bytes, 0)
}

/// [`start`] with `n_fields` additional header fields in every response.
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

/// Starts an upstream that responds to every request with the request's body; returns its authority.
pub(crate) fn echo() -> Result<String> {
    serve(|body| async { Response::new(Full::new(body)) })
}

/// Starts an upstream that sends each piece of a request's body back as it arrives; returns its authority.
pub(crate) fn streaming_echo() -> Result<String> {
    serve_streams(|request| async { Ok(Response::new(request.into_body())) })
}

/// An upstream that holds all responses back until it is opened.
pub(crate) struct Gate {
    pub(crate) authority: String,
    /// The number of requests that have arrived.
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
                // Cannot fail: this future owns the sender.
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

    /// Waits until `n_requests` requests have arrived.
    pub(crate) async fn arrival_of(&self, n_requests: usize) -> Result<()> {
        let mut n_arrived = self.n_arrived.subscribe();
        let all = n_arrived.wait_for(|n_arrived| *n_arrived >= n_requests);
        drop(tokio::time::timeout(ARRIVAL, all).await??);
        Ok(())
    }

    /// Responds to all requests, those that wait and those to come.
    pub(crate) fn open(&self) {
        self.is_open.send_replace(true);
    }
}

/// Starts a server in its own thread that passes each request body to `respond`; returns its authority.
fn serve<R, F>(respond: R) -> Result<String>
where
    R: Fn(Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    serve_streams(move |request| {
        let respond = respond.clone();
        async move {
            // A response before the end of the request body would close the connection and abort the body; guests of
            // `wasi:http` may send an empty body with a GET.
            let body = request.into_body().collect().await?.to_bytes();
            Ok(respond(body).await)
        }
    })
}

/// Starts a server in its own thread that passes each request to `respond`; returns its authority.
fn serve_streams<R, F, B>(respond: R) -> Result<String>
where
    R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = hyper::Result<Response<B>>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
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
                let service = service_fn(respond.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    Ok(authority)
}
