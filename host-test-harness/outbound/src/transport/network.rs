//! The network: hyper over connections that are kept alive, in one pool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpInfo};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use outbound_policy::BlockedNetworks;

use super::connect::Connector;
use super::tls::InvalidCertificates;
use super::{Exchanged, classify};
use crate::body::Body;
use crate::error::OutboundError;
use crate::exchange::Via;
use crate::limits::{CallLimits, HeaderLimits};

/// How long an idle connection is kept, and how often hyper looks for idle connections. Many servers close theirs
/// sooner; hyper notices, and opens another connection for a request of which nothing was sent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// An HTTP client with a pool of connections, which classifies each failure as a
/// [`TransportError`](crate::TransportError).
///
/// The pool may be shared by callers with different allow-lists, since every request was evaluated before it comes
/// here. All callers must have the same blocked networks: a pooled connection is not checked again.
pub struct Network<C = Connector> {
    client: Client<C, Body>,
    headers: HeaderLimits,
}

impl Network {
    /// A client that resolves names, dials addresses that are not blocked, and trusts the PEM files of
    /// `root_certificates` beside the system's certificates.
    ///
    /// # Errors
    ///
    /// [`InvalidCertificates`] if a file is not PEM or contains no usable certificate.
    pub fn new(
        limits: &CallLimits,
        root_certificates: &[Vec<u8>],
        blocked: &Arc<BlockedNetworks>,
    ) -> Result<Self, InvalidCertificates> {
        let connector = Connector::new(limits, root_certificates, blocked)?;
        Ok(Self::over(connector, limits.headers))
    }
}

impl<C> Network<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    /// A client over the connections that `connector` opens.
    pub fn over(connector: C, headers: HeaderLimits) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A value over several lines is one value (RFC 9112 section 5.2).
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(headers.fields)
            .http1_max_buf_size(headers.head_buffer_bytes())
            .build(connector);
        Self { client, headers }
    }

    /// Performs one exchange, without redirects. It adds `host` and the framing and no other header.
    pub(super) async fn exchange(
        &self,
        request: Request<Body>,
    ) -> Result<Exchanged, OutboundError> {
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| classify(error.into(), self.headers))?;
        let address = response
            .extensions()
            .get::<HttpInfo>()
            .map(HttpInfo::remote_addr);
        Ok(Exchanged {
            response: response.map(Body::Network),
            via: Via::Network { address },
        })
    }
}

impl<C> fmt::Debug for Network<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Network")
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
