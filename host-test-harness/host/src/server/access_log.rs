//! One line in the log for each request that arrived.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use http::{Method, Request, StatusCode, Version};

use super::error::ServeError;
use crate::application::Route;

/// The log line of a request, written when it is dropped: after the response, or when the client has closed
/// the connection.
pub(super) struct LogEntry {
    client: SocketAddr,
    version: Version,
    method: Method,
    path_and_query: String,
    route: Option<Route>,
    request_body_bytes: Arc<AtomicUsize>,
    status: Option<StatusCode>,
    response_body_bytes: usize,
    /// Whether the whole response body was sent.
    is_complete: bool,
    error: Option<ServeError>,
    started: Instant,
}

impl LogEntry {
    pub(super) fn new<B>(request: &Request<B>, client: SocketAddr) -> Self {
        let path_and_query = request.uri().path_and_query();
        Self {
            client,
            version: request.version(),
            method: request.method().clone(),
            path_and_query: path_and_query.map_or_else(String::new, ToString::to_string),
            route: None,
            request_body_bytes: Arc::default(),
            status: None,
            response_body_bytes: 0,
            is_complete: false,
            error: None,
            started: Instant::now(),
        }
    }

    pub(super) fn routed(&mut self, route: Option<Route>) {
        self.route = route;
    }

    /// `None` if no route matches.
    pub(super) fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    pub(super) fn received(&mut self, n_bytes: usize) {
        self.request_body_bytes.store(n_bytes, Ordering::Relaxed);
    }

    /// Counts the bytes of a request body that is streamed.
    pub(super) fn request_body_bytes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.request_body_bytes)
    }

    pub(super) fn failed(&mut self, error: ServeError) {
        self.error = Some(error);
    }

    pub(super) fn responded(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    pub(super) fn sent(&mut self, n_bytes: usize) {
        self.response_body_bytes += n_bytes;
    }

    pub(super) fn complete(&mut self) {
        self.is_complete = true;
    }
}

/// hyper drops the future of a request when its client closes the connection; the request is logged all
/// the same.
impl Drop for LogEntry {
    fn drop(&mut self) {
        let duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (component, route) = match &self.route {
            Some(route) => (route.component.as_deref(), Some(&*route.pattern)),
            None => (None, None),
        };
        let status = self.status.map(|status| status.as_u16());
        let request_body_bytes = self.request_body_bytes.load(Ordering::Relaxed);
        let response_body_bytes = self.status.map(|_| self.response_body_bytes);
        macro_rules! line {
            ($level:ident, $($message:tt)*) => {
                tracing::$level!(
                    target: "spin_harness::inbound",
                    component, method = %self.method, path = self.path_and_query, route, status,
                    request_body_bytes, response_body_bytes, duration_us,
                    client = %self.client, version = ?self.version, $($message)*
                )
            };
        }
        match &self.error {
            _ if self.status.is_none() => {
                line!(warn, "the connection closed before the response was ready");
            }
            None if !self.is_complete => {
                line!(
                    warn,
                    "the connection closed before the response was complete"
                );
            }
            None => line!(info, "inbound"),
            Some(error @ ServeError::Guest(guest)) => {
                let backtrace = guest
                    .backtrace()
                    .map(|text| format!("\n{}", text.trim_end()));
                line!(
                    error,
                    backtrace = backtrace.map(tracing::field::display),
                    "{error}"
                );
            }
            Some(error) => line!(warn, "{error}"),
        }
    }
}
