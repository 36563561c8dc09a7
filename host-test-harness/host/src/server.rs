//! A listener that has an application answer: HTTP/1.1 and HTTP/2 without TLS, within the limits.

mod answer;
mod body;
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
use tokio_io_timeout::TimeoutStream;

use crate::application::Application;
use crate::{Error, ErrorKind, Limits};
use harness_outbound::time::countable;

use answer::Shared;

/// How long a client of HTTP/1.1 may take to send a header section.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may go without a byte in either direction that is due from the client. What a
/// guest takes for its answer comes on top, so that no request under way is cut off.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections at a time; more wait to be accepted. Below what file descriptors allow on most systems.
const MAX_CONNECTIONS: usize = 512;

/// What is left of connections once no request is under way: the last bytes of an answer.
const LAST_BYTES: Duration = Duration::from_secs(1);

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
///
/// Bodies pass as they come where the component is one of `wasi:http`. Its response may then fail after its
/// head: the connection ends before the body does, so that no client takes it for complete.
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

    /// Serves until `stop` completes; then it accepts nothing new, lets requests under way finish, and
    /// closes what is still open when their time is over, or as soon as `cut_off` completes.
    ///
    /// Each request is answered by the application that `application` holds when the request arrives,
    /// so sending another one replaces it without losing a request.
    pub async fn serve(
        self,
        application: watch::Receiver<Application>,
        stop: impl Future<Output = ()>,
        cut_off: impl Future<Output = ()>,
    ) {
        let limits = application.borrow().harness().limits().clone();
        let connections = Connections::new(&limits, application);
        let mut tasks = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let accept = async {
                let permit = Arc::clone(&connections.permits).acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => break,
                (permit, accepted) = accept => match accepted {
                    Ok((stream, client)) => {
                        let connection = connections.serve(stream, client);
                        tasks.spawn(async move {
                            connection.await;
                            drop(permit);
                        });
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
        connections
            .stop(tasks, self.shutdown_timeout, cut_off)
            .await;
    }
}

/// What all connections share.
struct Connections {
    builder: auto::Builder<TokioExecutor>,
    graceful: GracefulShutdown,
    permits: Arc<Semaphore>,
    read_timeout: Duration,
    limits: Limits,
    service: Arc<Shared>,
}

impl Connections {
    fn new(limits: &Limits, application: watch::Receiver<Application>) -> Self {
        Self {
            builder: builder(limits),
            graceful: GracefulShutdown::new(),
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            read_timeout: countable(IDLE_TIMEOUT.saturating_add(limits.wall_time)),
            limits: limits.clone(),
            service: Arc::new(Shared::new(limits, application)),
        }
    }

    /// One connection, to its end.
    fn serve(&self, stream: TcpStream, client: SocketAddr) -> impl Future<Output = ()> + use<> {
        // Small answers must not wait for an acknowledgement; without the option they are only slower.
        drop(stream.set_nodelay(true));
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(self.read_timeout));
        stream.set_write_timeout(Some(IDLE_TIMEOUT));
        let service = Arc::clone(&self.service);
        let connection = self.builder.serve_connection(
            TokioIo::new(Box::pin(stream)),
            service_fn(move |request| Arc::clone(&service).answer(request, client)),
        );
        let connection = self.graceful.watch(connection.into_owned());
        let limits = self.limits.clone();
        async move {
            if let Err(error) = connection.await {
                log_end(&*error, client, &limits);
            }
        }
    }

    async fn stop(
        self,
        mut tasks: JoinSet<()>,
        timeout: Duration,
        cut_off: impl Future<Output = ()>,
    ) {
        let n_requests = self.service.n_under_way();
        if n_requests > 0 {
            tracing::info!(
                n_requests,
                "stopping: requests under way have {timeout:?}; a second signal cuts them off"
            );
        }
        let cut = "requests under way are cut off";
        let idle = async {
            self.service.wait_for_none_under_way().await;
            tokio::time::sleep(LAST_BYTES).await;
        };
        tokio::select! {
            () = self.graceful.shutdown() => {}
            () = idle => {}
            () = tokio::time::sleep(timeout) => {
                tracing::warn!("{cut}: the limit of {timeout:?} for a shutdown is reached");
            }
            () = cut_off => tracing::warn!("{cut}"),
        }
        tasks.shutdown().await;
    }
}

/// Why a connection ended without a request of it being concerned; a limit is named.
fn log_end(error: &(dyn std::error::Error + 'static), client: SocketAddr, limits: &Limits) {
    let hyper = error.downcast_ref::<hyper::Error>();
    if hyper.is_some_and(hyper::Error::is_parse_too_large) {
        let (bytes, fields) = (limits.header_section_bytes, limits.header_fields);
        tracing::warn!(
            %client, status = 431,
            "a request's header section exceeds the limit of {bytes} bytes or {fields} fields"
        );
    } else if hyper.is_some_and(hyper::Error::is_parse) {
        tracing::warn!(%client, "a request is not HTTP: {error}");
    } else {
        tracing::debug!(%client, "a connection ended early: {error}");
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_headers(limits.header_fields)
        .max_buf_size(limits.headers().head_buffer_bytes());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_section_bytes).unwrap_or(u32::MAX));
    builder
}
