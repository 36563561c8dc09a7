//! Serves the page on a loopback address of its own.

mod access;
mod events;
mod respond;
mod send;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use spin_harness::Application;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::Traffic;
use access::Access;
use respond::Responder;

/// The most open connections. A browser opens six to one address.
const MAX_CONNECTIONS: usize = 64;

/// How long a browser may take to send a header section.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after `accept` failed, for example because the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener for the page that shows [`Traffic`].
///
/// The page is for the user of this machine alone. The address is a loopback address; [`Page::url`] has a token, which
/// becomes a cookie; a request for another host, or from a page of another origin, is refused.
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    address: SocketAddr,
    access: Access,
}

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address can be reached from other machines.
    #[error(
        "{0} is not a loopback address: the page shows secrets, so it is for this machine alone; use 127.0.0.1:{port} or [::1]:{port}",
        port = .0.port()
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The system has no random numbers for a token.
    #[error("the system has no random numbers for the token of the page: {0}")]
    Random(getrandom::Error),
}

impl Page {
    /// Listens on `address`. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// [`BindError`] if the address is not a loopback address, or cannot be listened on.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        if !address.ip().is_loopback() {
            return Err(BindError::NotLoopback(address));
        }
        let failed = |source| BindError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            access: Access::new(address.port()).map_err(BindError::Random)?,
        })
    }

    /// The address of the page, with the token that opens it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.access.token())
    }

    /// Serves the page until the future is dropped. The permissions are those of the application that `application` holds,
    /// which also gets the requests that the page sends.
    pub async fn serve(self, traffic: Traffic, application: watch::Receiver<Application>) {
        let responder = Arc::new(Responder::new(self.access, traffic, application));
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut tasks = JoinSet::new();
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                // It is never closed.
                return;
            };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(
                        target: "spin_harness::traffic",
                        "a connection to the traffic page cannot be accepted: {error}"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let responder = Arc::clone(&responder);
            tasks.spawn(async move {
                let service = service_fn(|request| Arc::clone(&responder).respond(request));
                let served = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADER_READ_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
                // The browser has closed it, or does not speak HTTP.
                drop(served);
                drop(permit);
            });
            while tasks.try_join_next().is_some() {}
        }
    }
}
