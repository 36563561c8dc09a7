//! Step 4: what performs an exchange that the policy allowed.

mod classify;
pub(crate) mod connect;
pub(crate) mod error;
pub(crate) mod error_name;
mod h2c;
mod http2_body;
pub(crate) mod network;
pub(crate) mod opening;
mod permits;
mod resolve;
mod stale;
pub(crate) mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use hyper_util::client::legacy::connect::Connect;

use crate::BoxFuture;
use crate::body::Body;
use crate::call::streaming::timeouts::Connecting;
use crate::caller::Caller;
use crate::context::{CallContext, Peer};
use crate::error::OutboundError;
use crate::exchange::Via;

pub(crate) use classify::{body_failure, classify};
use connect::Connector;
use network::Network;

/// Performs one exchange that the policy allowed.
///
/// Every request arrives here after steps 1 to 3, redirect hops included, so an implementation cannot go around the
/// caller's permissions. The limits, timeouts and records of the call surround it.
/// An implementation that takes another one's place for some requests (a mock, a recording) wraps it.
pub trait Transport: Send + Sync {
    /// Sends `request` and returns the response as soon as its head has arrived.
    ///
    /// # Errors
    ///
    /// A [`TransportError`](crate::TransportError) converts into the error.
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>>;
}

/// One hop of a call: the guest's own request, or a redirect that the host follows.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'a> {
    /// The number of the exchange, as [`Exchange::id`](crate::Exchange::id) has it.
    pub id: u64,
    /// 0 for the guest's own request, 1 for the first redirect, and so on.
    pub number: u32,
    /// The target that was evaluated.
    pub target: &'a outbound_policy::Target,
    /// Where the request goes.
    pub route: Route<'a>,
    /// The guest that calls.
    pub caller: &'a Caller,
    /// The chain of in-process calls that the caller belongs to.
    pub context: &'a CallContext,
    /// The limit that the guest sets for resolution, connection and TLS handshake of this call. `None` leaves that of
    /// the harness.
    pub connect_timeout: Option<Duration>,
    /// The time of the guest for the head of the response begins with the connection.
    pub(crate) connecting: &'a Connecting,
}

/// Where step 3 sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// To a component of the caller's application.
    Peer(Peer<'a>),
    /// To a server.
    Upstream,
}

/// A response, and where it came from.
#[derive(Debug)]
pub struct Exchanged {
    /// The response; its body may still be on its way.
    pub response: Response<Body>,
    /// Where it came from.
    pub via: Via,
}

/// The default transport: in process for a peer, over the network for an upstream.
#[derive(Debug)]
pub struct Direct<C = Connector> {
    network: Arc<Network<C>>,
}

impl<C> Direct<C> {
    /// A transport over `network`, whose connections it shares.
    #[must_use]
    pub fn new(network: Arc<Network<C>>) -> Self {
        Self { network }
    }
}

impl<C> Transport for Direct<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        match hop.route {
            Route::Peer(peer) => Box::pin(in_process(hop, peer, request)),
            Route::Upstream => Box::pin(self.network.exchange(hop, request)),
        }
    }
}

async fn in_process(
    hop: Hop<'_>,
    peer: Peer<'_>,
    request: Request<Body>,
) -> Result<Exchanged, OutboundError> {
    let nested = hop.context.nested(hop.id, &hop.caller.limits)?;
    let request = as_received(request);
    let peers = hop.context.peers();
    let responded = peers.respond(peer, request, nested).await?;
    Ok(Exchanged {
        response: responded.response,
        via: Via::InProcess {
            component: responded.component,
        },
    })
}

/// The request as a listener would pass it on: an origin-form URI, and the authority in `host`.
fn as_received(mut request: Request<Body>) -> Request<Body> {
    let authority = request.uri().authority();
    let authority = authority.map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(authority)) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    let path_and_query = request.uri().path_and_query().cloned();
    *request.uri_mut() = path_and_query.map_or_else(Uri::default, Uri::from);
    request
}
