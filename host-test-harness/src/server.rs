//! A listener that has an application answer: HTTP/1.1 and HTTP/2 without TLS, within the limits.

mod answer;
mod record;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::application::Application;
use crate::{Error, ErrorKind, Limits};

use answer::Service;

/// How long a client may take to send a header section. Slow ones are cut off.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after an `accept` that failed, for example for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Default time that requests under way get once a [`Server`] is told to stop: 30 s.
pub const DEFAULT_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// A listener on a TCP port that has an [`Application`] answer.
///
/// It speaks HTTP/1.1 with keep-alive, and HTTP/2 to clients that begin with it (h2c with prior knowledge).
/// What a request may cost is bounded by the harness's [`Limits`]:
/// a body over `request_body_bytes` is answered 413, one that does not arrive within `wall_time` 408,
/// a header section over its limits 431 (HTTP/2 refuses the stream), a guest that exceeds `wall_time` 504,
/// and any other failure of a guest 500. The log says which limit it was.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shutdown_timeout: Duration,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the address cannot be listened on; the message names it.
    pub async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            let is_taken = error.kind() == io::ErrorKind::AddrInUse;
            let hint = if is_taken {
                "; another program has the port, choose another"
            } else {
                ""
            };
            let message = format!("cannot listen on {address}: {error}{hint}");
            Error::new(ErrorKind::Io, message).with_source(error)
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            shutdown_timeout: DEFAULT_SHUTDOWN_TIMEOUT,
        })
    }

    /// Sets how long requests under way get once the server is told to stop.
    /// Defaults to [`DEFAULT_SHUTDOWN_TIMEOUT`].
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The address it listens on, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes; then it accepts nothing new, lets requests under way finish,
    /// and closes what is still open when their time is over.
    ///
    /// Each request is answered by the application that `application` holds when the request arrives,
    /// so sending another one replaces it without losing a request.
    pub async fn serve(
        self,
        application: watch::Receiver<Application>,
        shutdown: impl Future<Output = ()>,
    ) {
        let limits = application.borrow().harness().limits().clone();
        let connections = Connections {
            builder: builder(&limits),
            graceful: GracefulShutdown::new(),
            permits: Arc::new(Semaphore::new(
                usize::try_from(limits.instances).unwrap_or(usize::MAX),
            )),
            application,
        };
        let mut tasks = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, client)) => {
                        tasks.spawn(connections.serve(stream, client));
                    }
                    Err(error) => {
                        tracing::warn!("a connection cannot be accepted: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = tasks.join_next() => {}
            }
        }
        drop(self.listener);
        connections.stop(tasks, self.shutdown_timeout).await;
    }
}

/// What all connections share.
struct Connections {
    builder: auto::Builder<TokioExecutor>,
    graceful: GracefulShutdown,
    /// One for each request that may be with a guest.
    permits: Arc<Semaphore>,
    application: watch::Receiver<Application>,
}

impl Connections {
    /// One connection, to its end.
    fn serve(&self, stream: TcpStream, client: SocketAddr) -> impl Future<Output = ()> + use<> {
        // Small answers must not wait for an acknowledgement; without the option they are only slower.
        drop(stream.set_nodelay(true));
        let service = Service {
            client,
            permits: Arc::clone(&self.permits),
            application: self.application.clone(),
        };
        let connection = self.builder.serve_connection(
            TokioIo::new(stream),
            service_fn(move |request| service.clone().answer(request)),
        );
        let connection = self.graceful.watch(connection.into_owned());
        async move {
            if let Err(error) = connection.await {
                // The client went away or spoke something else; no request is concerned.
                tracing::debug!(%client, "a connection ended early: {error}");
            }
        }
    }

    async fn stop(self, mut tasks: JoinSet<()>, timeout: Duration) {
        let n_open = tasks.len();
        if n_open > 0 {
            tracing::info!(n_open, "stopping: waiting for open connections");
        }
        if tokio::time::timeout(timeout, self.graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!(
                "requests that did not end within the limit of {timeout:?} for a shutdown are cut off"
            );
        }
        tasks.shutdown().await;
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_headers(limits.header_fields)
        .max_buf_size(limits.header_section_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_section_bytes).unwrap_or(u32::MAX));
    builder
}
