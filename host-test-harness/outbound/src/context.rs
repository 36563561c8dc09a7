//! The in-process calls that led to an invocation, and the components that it can call in process.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use http::{Request, Response};
use outbound_policy::Origin;

use crate::body::Body;
use crate::error::OutboundError;
use crate::limits::CallLimits;
use crate::{BoxError, BoxFuture};

/// The components of the caller's application. A guest without an application is its own only peer.
pub trait Peers: Send + Sync {
    /// The origin of `self` requests, which never comes from a header (CVE-2024-32980). Nothing is dialled there.
    fn origin(&self) -> &Origin;

    /// Sends a request to a peer, without a socket.
    ///
    /// The request has an origin-form URI and a `host` field, as a listener would pass it on.
    fn respond<'a>(
        &'a self,
        peer: Peer<'a>,
        request: Request<Body>,
        context: CallContext,
    ) -> BoxFuture<'a, Result<PeerResponse, PeerError>>;
}

/// No peers: for a caller that is not part of an application, such as a program.
#[derive(Debug, Clone)]
pub struct NoPeers(
    /// The origin of `self` requests.
    pub Origin,
);

impl Peers for NoPeers {
    fn origin(&self) -> &Origin {
        &self.0
    }

    fn respond<'a>(
        &'a self,
        peer: Peer<'a>,
        _request: Request<Body>,
        _context: CallContext,
    ) -> BoxFuture<'a, Result<PeerResponse, PeerError>> {
        let name = match peer {
            Peer::Routed => "self",
            Peer::Named(name) => name,
        };
        Box::pin(std::future::ready(Err(PeerError::NoSuchComponent {
            name: name.to_owned(),
            known: Vec::new(),
        })))
    }
}

/// A component of the caller's application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer<'a> {
    /// The component that the routes name for the request's path.
    Routed,
    /// The component of this name, from `http://NAME.spin.internal/`.
    Named(&'a str),
}

/// A peer's response.
#[derive(Debug)]
pub struct PeerResponse {
    /// The component that responded; `None` if no route matched.
    pub component: Option<Arc<str>>,
    /// Its response.
    pub response: Response<Body>,
}

/// Why a peer has no response.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The application has no component of that name.
    #[error("no component `{name}` in this application; it has {}", listed(known))]
    NoSuchComponent {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The component failed.
    #[error("the in-process call failed: {source}")]
    Failed {
        /// Why.
        source: BoxError,
        /// What a person needs to find the reason: the end of the component's stderr, and a backtrace. May be empty.
        details: String,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The chain of in-process calls that an invocation belongs to. Cloning shares its counters.
#[derive(Clone)]
pub struct CallContext {
    chain: u64,
    parent: Option<u64>,
    /// How many invocations wait for this one.
    depth: u32,
    n_calls: Arc<AtomicU32>,
    peers: Arc<dyn Peers>,
    _held: Option<Arc<dyn Any + Send + Sync>>,
}

impl CallContext {
    /// The start of a chain among `peers`.
    #[must_use]
    pub fn new(peers: Arc<dyn Peers>) -> Self {
        Self {
            chain: next_chain(),
            parent: None,
            depth: 0,
            n_calls: Arc::default(),
            peers,
            _held: None,
        }
    }

    /// Keeps `value` until the last invocation of the chain has ended, which may be after the response: a guest may
    /// go on, and its instance stays in use.
    #[must_use]
    pub fn holding(mut self, value: impl Any + Send + Sync) -> Self {
        self._held = Some(Arc::new(value));
        self
    }

    /// The number of the chain, as [`Exchange::chain`](crate::Exchange::chain) has it.
    #[must_use]
    pub fn chain(&self) -> u64 {
        self.chain
    }

    /// The number of the exchange that the invocation responds to, as [`Exchange::id`](crate::Exchange::id) has it; `None`
    /// at the start of the chain.
    #[must_use]
    pub fn parent(&self) -> Option<u64> {
        self.parent
    }

    /// The origin of `self` requests: the application's.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.peers.origin()
    }

    pub(crate) fn peers(&self) -> &dyn Peers {
        &*self.peers
    }

    /// Counts an outbound call of any invocation of the chain.
    pub(crate) fn count_call(&self, limits: &CallLimits) -> Result<(), OutboundError> {
        let Some(limit) = limits.outbound_calls else {
            return Ok(());
        };
        // At the limit the count stays as it is, so it cannot overflow.
        self.n_calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n_calls| {
                (n_calls < limit).then_some(n_calls + 1)
            })
            .map(drop)
            .map_err(|_limit_reached| OutboundError::TooManyCalls { limit })
    }

    /// The context of the in-process call whose exchange has the number `id`.
    pub(crate) fn nested(&self, id: u64, limits: &CallLimits) -> Result<Self, OutboundError> {
        let limit = limits.self_call_depth;
        if self.depth >= limit {
            return Err(OutboundError::SelfCallDepth { limit });
        }
        Ok(Self {
            depth: self.depth + 1,
            parent: Some(id),
            ..self.clone()
        })
    }
}

/// The first number is the time in microseconds since 1970, so that a recording can have the chains of several processes.
fn next_chain() -> u64 {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let us = now.unwrap_or_default().as_micros();
        AtomicU64::new(us.try_into().unwrap_or_default())
    });
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl fmt::Debug for CallContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallContext")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}
