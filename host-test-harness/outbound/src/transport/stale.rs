//! Kept connections that the upstream closes while a request is on its way to it.
//!
//! An upstream may close an idle connection at any time, and the client cannot know that before it writes. A request
//! whose method is idempotent is then sent once more, on another connection (RFC 9112 section 9.3.1, RFC 9110 section
//! 9.2.2), as net/http does. Any other request fails, since the upstream may have acted on it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::{Extensions, Method, Request};
use hyper_util::client::legacy::Error;

use crate::body::Body;

/// When the last byte was read from a connection, if any was. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct LastRead(Arc<Mutex<Option<Instant>>>);

impl LastRead {
    pub(super) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an exchange that began at `started` failed because its kept connection was closed: the connection carried
/// an earlier response, and not one byte since.
pub(super) fn is_stale(error: &Error, started: Instant) -> bool {
    let Some(connected) = error.connect_info() else {
        return false;
    };
    let mut extras = Extensions::new();
    connected.get_extras(&mut extras);
    let last_read = extras.get().and_then(LastRead::get);
    last_read.is_some_and(|last_read| last_read < started)
}

/// The same request to send once more, if its method is idempotent and its body is in memory.
pub(super) fn repeatable(request: &Request<Body>) -> Option<Request<Body>> {
    if !is_idempotent(request.method()) {
        return None;
    }
    let mut again = Request::new(Body::from(request.body().in_memory()?));
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
