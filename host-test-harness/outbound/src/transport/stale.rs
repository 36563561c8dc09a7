//! Kept connections that the upstream closes while a request is on its way to it.
//!
//! An upstream may close an idle connection at any time, and the client cannot know that before it writes. A request
//! whose method is idempotent is then sent once more, on another connection (RFC 9112 section 9.3.1, RFC 9110 section
//! 9.2.2), as net/http does. Any other request fails, since the upstream may have acted on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Extensions, Method, Request};
use hyper_util::client::legacy::Error;

use crate::body::Body;

/// What has been read from a connection. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic(Arc<Reads>);

#[derive(Debug, Default)]
struct Reads {
    /// Anything: the connection has carried a response.
    ever: AtomicBool,
    /// Anything since the last write.
    since_write: AtomicBool,
}

impl Traffic {
    pub(super) fn wrote(&self) {
        self.0.since_write.store(false, Ordering::Relaxed);
    }

    pub(super) fn read(&self) {
        self.0.ever.store(true, Ordering::Relaxed);
        self.0.since_write.store(true, Ordering::Relaxed);
    }

    /// Whether the connection was kept from an earlier request, and no byte of a response to the last one has come.
    fn is_stale(&self) -> bool {
        self.0.ever.load(Ordering::Relaxed) && !self.0.since_write.load(Ordering::Relaxed)
    }
}

/// Whether a request failed because its kept connection was closed.
pub(super) fn is_stale(error: &Error) -> bool {
    let Some(connected) = error.connect_info() else {
        return false;
    };
    let mut extras = Extensions::new();
    connected.get_extras(&mut extras);
    let traffic = extras.get::<Traffic>();
    !connected.is_negotiated_h2() && traffic.is_some_and(Traffic::is_stale)
}

/// The same request to send once more, if its method is idempotent and its body is in memory.
pub(super) fn repeatable(request: &Request<Body>) -> Option<Request<Body>> {
    if !is_idempotent(request.method()) {
        return None;
    }
    let mut again = Request::new(request.body().buffered()?);
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}
