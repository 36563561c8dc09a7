//! Serves an [`Application`] over TCP: HTTP/1.1 and HTTP/2 without TLS, within the limits.

mod access_log;
mod admission;
mod connections;
mod error;
mod request_body;
mod respond;
mod response_body;
mod serve;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::application::Application;
use crate::{Error, ErrorKind};

pub use serve::Serve;

/// Default of [`Server::shutdown_timeout`]: 30 s.
pub const DEFAULT_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// A TCP listener that serves an [`Application`].
///
/// The server speaks HTTP/1.1 with keep-alive, and HTTP/2 to clients that open the connection with its
/// preface (h2c with prior knowledge). It does not speak TLS.
///
/// The harness's [`Limits`](crate::Limits) bound every request. The log names the limit that was exceeded.
///
/// | status | reason |
/// |---|---|
/// | 400 | a `host` header that is invalid or repeated, or a body that the client cut off |
/// | 404 | no route matches the path |
/// | 408 | the request body did not arrive within `wall_time` |
/// | 413 | the request body exceeds `request_body_bytes` |
/// | 431 | the header section exceeds `header_section_bytes` or `header_fields` |
/// | 500 | the guest failed |
/// | 504 | the guest exceeded `wall_time`, or no instance was free within it |
///
/// Bodies are streamed to and from components that export `wasi:http`, and buffered for all others.
/// If a component fails after it has sent the response headers, the connection closes before the end of
/// the body, so that no client takes the response for complete.
///
/// ```no_run
/// # async fn example(application: spin_harness::Application) -> Result<(), spin_harness::Error> {
/// use spin_harness::Server;
///
/// let server = Server::bind(([127, 0, 0, 1], 0).into()).await?;
/// println!("Serving http://{}", server.address());
///
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let serve = server
///     .serve(application)
///     .with_graceful_shutdown(async { drop(stopped.await) });
/// let running = tokio::spawn(serve.into_future());
///
/// drop(stop);
/// running.await.expect("the server does not panic");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shutdown_timeout: Duration,
}

impl Server {
    /// Listens on `address`. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the server cannot listen on the address, for example because another program
    /// does. The message names the address.
    pub async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            let is_taken = error.kind() == io::ErrorKind::AddrInUse;
            let hint = if is_taken {
                "; another program uses the port, choose another"
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

    /// Sets how long requests in flight may take to finish during a graceful shutdown.
    /// Defaults to [`DEFAULT_SHUTDOWN_TIMEOUT`].
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The address that the server listens on, with the port that replaced port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `application` once the returned [`Serve`] is awaited, until the shutdown that it is told of.
    pub fn serve(self, application: Application) -> Serve {
        // A receiver keeps the last value after its sender is gone.
        let (_, application) = watch::channel(application);
        self.serve_reloadable(application)
    }

    /// [`Server::serve`] for an application that can be replaced while the server runs.
    ///
    /// The application that `application` holds when a request arrives handles that request. Sending
    /// another one replaces it without losing a request.
    /// The limits of the server itself stay those of the first application's harness.
    pub fn serve_reloadable(self, application: watch::Receiver<Application>) -> Serve {
        Serve::new(self, application)
    }
}
