//! The connections of a server: how many, how long, and how they end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::respond::Responder;
use crate::Limits;
use crate::application::Application;
use harness_outbound::time::countable;

/// How long an HTTP/1.1 client may take to send a header section.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may be idle while bytes are due from the client. A guest's `wall_time` is added
/// to it for reads, so that no request in flight is cut off.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum number of open connections; further ones wait to be accepted. It is below the default limit on
/// file descriptors of most systems.
const MAX_CONNECTIONS: usize = 512;

/// How long connections stay open once no request is in flight, to send the last bytes of a response.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// Serves connections, and closes them.
pub(super) struct Connections {
    builder: auto::Builder<TokioExecutor>,
    graceful: GracefulShutdown,
    permits: Arc<Semaphore>,
    limits: Limits,
    responder: Arc<Responder>,
}

impl Connections {
    pub(super) fn new(limits: Limits, application: watch::Receiver<Application>) -> Self {
        Self {
            builder: builder(&limits),
            graceful: GracefulShutdown::new(),
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            responder: Arc::new(Responder::new(&limits, application)),
            limits,
        }
    }

    /// Waits until one more connection may be open. The permit is held as long as the connection.
    pub(super) async fn permit(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }

    /// Serves one connection until it closes.
    pub(super) fn serve(
        &self,
        stream: TcpStream,
        client: SocketAddr,
    ) -> impl Future<Output = ()> + use<> {
        // Nagle's algorithm would delay small responses. A socket without the option still works.
        drop(stream.set_nodelay(true));
        let read_timeout = countable(IDLE_TIMEOUT.saturating_add(self.limits.wall_time));
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(read_timeout));
        stream.set_write_timeout(Some(IDLE_TIMEOUT));
        let responder = Arc::clone(&self.responder);
        let connection = self.builder.serve_connection(
            TokioIo::new(Box::pin(stream)),
            service_fn(move |request| Arc::clone(&responder).respond(request, client)),
        );
        let connection = self.graceful.watch(connection.into_owned());
        let limits = self.limits.clone();
        async move {
            if let Err(error) = connection.await {
                log_end(&*error, client, &limits);
            }
        }
    }

    /// Waits until every request in flight has its response, for `timeout` at most or until `forced`.
    pub(super) async fn shut_down(self, timeout: Duration, forced: impl Future<Output = ()>) {
        let in_flight = self.responder.in_flight();
        let n_requests = in_flight.len();
        if n_requests > 0 {
            tracing::info!(
                n_requests,
                "shutting down: requests in flight have {timeout:?} to finish"
            );
        }
        let idle = async {
            in_flight.close();
            in_flight.wait().await;
            tokio::time::sleep(LAST_BYTES).await;
        };
        tokio::select! {
            () = self.graceful.shutdown() => {}
            () = idle => {}
            () = tokio::time::sleep(timeout) => {
                tracing::warn!("requests in flight are cut off after the shutdown timeout of {timeout:?}");
            }
            () = forced => tracing::warn!("requests in flight are cut off"),
        }
    }
}

/// Logs why a connection ended, if hyper ended it before it passed a request on.
fn log_end(error: &(dyn std::error::Error + 'static), client: SocketAddr, limits: &Limits) {
    let hyper = error.downcast_ref::<hyper::Error>();
    if hyper.is_some_and(hyper::Error::is_parse_too_large) {
        let (bytes, fields) = (limits.header_section_bytes, limits.header_fields);
        tracing::warn!(
            %client, status = 431,
            "the header section of a request exceeds the limit of {bytes} bytes or {fields} fields"
        );
    } else if hyper.is_some_and(hyper::Error::is_parse) {
        tracing::warn!(%client, "a request is not valid HTTP: {error}");
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
