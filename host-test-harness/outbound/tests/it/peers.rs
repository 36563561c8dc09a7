//! A caller that is not part of an application.

use harness_outbound::{Body, BoxFuture, CallContext, Peer, PeerError, PeerResponse, Peers};
use http::Request;
use outbound_policy::Origin;

/// No components, and an origin for `self` requests.
pub(crate) struct NoPeers(pub(crate) Origin);

impl Default for NoPeers {
    fn default() -> Self {
        Self(Origin::parse("http://localhost").expect("the literal is an origin"))
    }
}

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
        Box::pin(async move {
            Err(PeerError::NoSuchComponent {
                name: format!("{peer:?}"),
                known: Vec::new(),
            })
        })
    }
}
