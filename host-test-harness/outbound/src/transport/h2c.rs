//! Failures of HTTP/2 without TLS.

use super::error::{TransportError, TransportFailure};
use crate::BoxError;
use crate::error::OutboundError;

/// The upstream may speak HTTP/1.1 only. It cannot say so: it closes the connection, or responds with bytes that
/// are not a frame of HTTP/2.
#[derive(Debug, thiserror::Error)]
#[error(
    "HTTP/2 without TLS (h2c) is set for this origin, and the upstream does not respond in it; if the upstream speaks \
     HTTP/1.1, remove the origin from those of h2c"
)]
struct NoHttp2(#[source] Option<BoxError>);

/// Adds the explanation to the failures that an upstream of HTTP/1.1 causes.
pub(super) fn explained(error: OutboundError) -> OutboundError {
    if let OutboundError::Transport(TransportFailure {
        error:
            error @ (TransportError::Malformed | TransportError::Reset | TransportError::Incomplete),
        source,
    }) = error
    {
        return OutboundError::Transport(TransportFailure {
            error,
            source: Some(Box::new(NoHttp2(source))),
        });
    }
    error
}
