//! What the guests and hyper call.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;

use crate::Result;

/// An upstream that answers every request with `n_bytes` bytes.
pub(crate) fn start(n_bytes: usize) -> Result<String> {
    let body = Bytes::from(vec![b'x'; n_bytes]);
    serve(move |_| {
        let body = body.clone();
        async move { body }
    })
}

/// An upstream that answers every request with its body.
pub(crate) fn echo() -> Result<String> {
    serve(|request: Request<Incoming>| async {
        let body = request.into_body().collect().await;
        body.map(|body| body.to_bytes()).unwrap_or_default()
    })
}

/// A server with a thread of its own; returns its authority.
fn serve<A, F>(answer: A) -> Result<String>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Bytes> + Send + 'static,
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
                    let body = answer(request);
                    async move { Ok::<_, Infallible>(Response::new(Full::new(body.await))) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    Ok(authority)
}
