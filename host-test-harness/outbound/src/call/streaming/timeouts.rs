//! The time limits of a streaming call.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::error::OutboundError;
use crate::limits::CallLimits;
use crate::time::{countable, deadline};
use crate::transport::error::Phase;
use crate::transport::opening::Opening;

/// The time limits that a guest sets for its call. Each counts if it is below the harness's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallTimeouts {
    /// For resolution, connection and TLS handshake. A pooled connection takes no time. In process there is no
    /// connection.
    pub connect: Option<Duration>,
    /// From the connection to the head of the response. Without a connection of its own, as in process, from the call.
    pub first_byte: Option<Duration>,
    /// From one piece of the response body to the next.
    pub between_bytes: Option<Duration>,
}

/// When the phases of a call end. There is no limit on the whole response: a stream may live as long as bytes flow.
pub(super) struct Deadlines {
    /// The guest's limit for the connection, if it is below that of the harness, which the connector applies.
    pub(super) connect: Option<Duration>,
    /// For the head of the response, from the call.
    headers: Instant,
    headers_limit: Limit,
    /// For the head of the response, from the connection.
    first_byte: Option<Duration>,
    between_bytes: Limit,
}

/// The harness's limit, or the guest's if it is less.
#[derive(Clone, Copy)]
struct Limit {
    duration: Duration,
    by_guest: bool,
}

impl Limit {
    fn new(harness: Duration, guest: Option<Duration>) -> Self {
        match guest.filter(|guest| *guest < harness) {
            Some(duration) => Self {
                duration,
                by_guest: true,
            },
            None => Self {
                duration: harness,
                by_guest: false,
            },
        }
    }

    fn exceeded(self, phase: Phase) -> OutboundError {
        OutboundError::Timeout {
            phase,
            limit: self.duration,
            by_guest: self.by_guest,
        }
    }
}

impl Deadlines {
    pub(super) fn new(timeouts: CallTimeouts, limits: &CallLimits) -> Self {
        let headers_limit = Limit::new(limits.response_timeout, None);
        Self {
            connect: timeouts
                .connect
                .filter(|connect| *connect < limits.connect_timeout),
            headers: deadline(headers_limit.duration),
            headers_limit,
            first_byte: timeouts
                .first_byte
                .filter(|first_byte| *first_byte < limits.response_timeout),
            between_bytes: Limit::new(limits.response_timeout, timeouts.between_bytes),
        }
    }

    /// Waits for the head of a response until its time is over.
    pub(super) async fn head<T>(
        &self,
        connecting: &Connecting,
        exchange: impl Future<Output = Result<T, OutboundError>>,
    ) -> Result<T, OutboundError> {
        if self.first_byte.is_some() {
            connecting.watch();
        }
        let first_byte = async {
            let Some(duration) = self.first_byte else {
                return std::future::pending().await;
            };
            connecting.connected_for(duration).await;
            Limit {
                duration,
                by_guest: true,
            }
        };
        let exceeded = tokio::select! {
            biased;
            head = exchange => return head,
            limit = first_byte => limit,
            () = tokio::time::sleep_until(self.headers) => self.headers_limit,
        };
        Err(exceeded.exceeded(Phase::ResponseHeaders))
    }

    /// For the next piece of the body, if the last one came now.
    pub(super) fn next_bytes(&self) -> Instant {
        deadline(self.between_bytes.duration)
    }

    pub(super) fn next_bytes_timeout(&self) -> OutboundError {
        self.between_bytes.exceeded(Phase::BetweenBytes)
    }
}

/// Whether a call waits for its connection. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Connecting(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connection: Mutex<Connection>,
    changed: Notify,
    /// Whether anybody asks for the connection: to learn of it costs the network a microsecond.
    is_watched: AtomicBool,
}

/// The connection of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// Since when the call does not wait for it.
    pub(crate) since: Option<Instant>,
    /// How it was opened, perhaps for an earlier call; `None` if there is none, or not yet.
    pub(crate) opening: Option<Opening>,
}

impl Connecting {
    /// A call that needs no connection yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            connection: Mutex::new(Connection {
                since: Some(Instant::now()),
                opening: None,
            }),
            changed: Notify::new(),
            is_watched: AtomicBool::new(false),
        }))
    }

    /// Whether the transport has to call [`begin`](Self::begin) and [`end`](Self::end).
    pub(crate) fn is_watched(&self) -> bool {
        self.0.is_watched.load(Ordering::Relaxed)
    }

    /// Asks the transport for the connection. It is too late for a transport that has the request already.
    pub(crate) fn watch(&self) {
        self.0.is_watched.store(true, Ordering::Relaxed);
    }

    /// It needs one.
    pub(crate) fn begin(&self) {
        self.change(|connection| connection.since = None);
    }

    /// It has one, which was opened so.
    pub(crate) fn end(&self, opening: Option<Opening>) {
        self.change(|connection| {
            connection.since.get_or_insert_with(Instant::now);
            connection.opening = opening;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Connection)) {
        change(&mut self.lock());
        self.0.changed.notify_waiters();
    }

    pub(crate) fn connection(&self) -> Connection {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        let connection = self.0.connection.lock();
        connection.unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when it has waited so long for something else.
    async fn connected_for(&self, duration: Duration) {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            let connected = self.connection().since;
            let passed = async {
                match connected {
                    Some(since) => tokio::time::sleep_until(since + countable(duration)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = passed => return,
                () = changed => {}
            }
        }
    }
}
