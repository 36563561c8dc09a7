//! The accept loop, and the shutdown that ends it.

use std::fmt;
use std::future::{Future, IntoFuture, pending};
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Server;
use super::connections::Connections;
use crate::application::Application;

/// How long to wait after `accept` failed, for example because the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server that runs once it is awaited: [`Server::serve`] returns it.
///
/// Without a shutdown signal it runs for ever. Dropping the future closes the listener and every connection.
#[must_use = "the server runs once this is awaited"]
pub struct Serve {
    server: Server,
    application: watch::Receiver<Application>,
    graceful_shutdown: Signal,
    forced_shutdown: Signal,
}

impl Serve {
    pub(super) fn new(server: Server, application: watch::Receiver<Application>) -> Self {
        Self {
            server,
            application,
            graceful_shutdown: Box::pin(pending()),
            forced_shutdown: Box::pin(pending()),
        }
    }

    /// Shuts the server down when `signal` completes: it accepts no new connection, and requests in flight
    /// may finish within [`Server::shutdown_timeout`]. Connections that are still open then are closed.
    /// Defaults to no signal.
    pub fn with_graceful_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.graceful_shutdown = Box::pin(signal);
        self
    }

    /// Closes the connections that a graceful shutdown still waits for when `signal` completes.
    /// Before a graceful shutdown the signal has no effect. Defaults to no signal.
    pub fn with_forced_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.forced_shutdown = Box::pin(signal);
        self
    }

    async fn run(mut self) {
        let Server {
            listener,
            shutdown_timeout,
            ..
        } = self.server;
        let limits = self.application.borrow().harness().limits().clone();
        let connections = Connections::new(limits, self.application);
        let mut tasks = JoinSet::new();
        loop {
            let accept = async {
                let permit = connections.permit().await;
                (permit, listener.accept().await)
            };
            tokio::select! {
                () = &mut self.graceful_shutdown => break,
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
        drop(listener);
        connections
            .shut_down(shutdown_timeout, self.forced_shutdown)
            .await;
        tasks.shutdown().await;
    }
}

impl IntoFuture for Serve {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Serve")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
