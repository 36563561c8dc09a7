//! The steps in which a connection was opened, and when each was done.

use std::sync::{Arc, OnceLock};

use tokio::time::Instant;

/// When a connection was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    /// When the upstream had room for one more connection.
    pub(crate) began: Instant,
    /// When its name had addresses. `None` for an address in the URL.
    pub(crate) resolved: Option<Instant>,
    /// When TCP was connected.
    pub(crate) connected: Instant,
    /// When the TLS handshake was done. `None` without TLS.
    pub(crate) secured: Option<Instant>,
}

impl Opening {
    /// When the connection could be used.
    #[cfg(feature = "har")]
    pub(crate) fn ended(&self) -> Instant {
        self.secured.unwrap_or(self.connected)
    }
}

/// When the resolver was done, if it was asked. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolved(Arc<OnceLock<Instant>>);

impl Resolved {
    pub(super) fn now(&self) {
        self.0.get_or_init(Instant::now);
    }

    pub(super) fn get(&self) -> Option<Instant> {
        self.0.get().copied()
    }
}
