//! One outbound HTTP call of a WebAssembly component on Spin, from the component's request to its response.
//!
//! Each call takes these steps, in this order; [`OutboundCalls`] is the one place where they follow each other:
//!
//! 1. **Parse** the URI once. The parsed [`Target`](outbound_policy::Target) is the value that is evaluated and sent.
//! 2. **Evaluate** the target against the caller's allow-list, and a literal address against the blocked networks,
//!    before anything is resolved or opened.
//! 3. **Route** the request to a component of the caller's application ([`Peers`]), or to an upstream.
//! 4. **Exchange** it through the caller's [`Transport`]. The default is [`Direct`]: in process for a peer, and for
//!    an upstream over the [`Network`], which checks every resolved address before it dials it.
//! 5. **Redirect**: a buffered call follows a redirect from step 2 on. A streaming call returns the redirect to its
//!    guest, as `wasi:http` does.
//!
//! A guest that calls through `fermyon:spin/http` uses [`OutboundCalls::send_buffered`]; a guest that calls through
//! `wasi:http` uses [`OutboundCalls::send_streaming`]. Both take the same steps under the same [`CallLimits`], and
//! both report each exchange as an [`Exchange`].
//!
//! This crate depends on hyper and rustls, and not on a WebAssembly runtime.

mod abandoned;
pub mod body;
mod call;
mod caller;
mod context;
mod error;
mod exchange;
#[cfg(feature = "har")]
pub mod har;
pub mod headers;
pub mod limits;
pub mod mocks;
#[cfg(feature = "har")]
pub mod recording;
pub mod sweep;
pub mod time;
mod transport;

/// Any error that can be sent between threads.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub use abandoned::{Abandoned, Awaited, Running};
pub use body::{Body, BodyError};
pub use call::request::BufferedRequest;
pub use call::streaming::{CallTimeouts, StreamedBody};
pub use call::{ErrorCodeName, OutboundCalls};
pub use caller::{Caller, SelfCalls};
pub use context::{CallContext, NoPeers, Peer, PeerError, PeerResponse, Peers};
pub use error::OutboundError;
pub use exchange::{Exchange, Observer, Outcome, Via};
pub use limits::{CallLimits, HeaderLimits};
pub use transport::connect::Connector;
pub use transport::error::{Phase, TlsError, TransportError, TransportFailure};
pub use transport::network::Network;
pub use transport::tls::InvalidCertificates;
pub use transport::{Direct, Exchanged, Hop, Route, Transport};
