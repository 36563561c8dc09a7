//! The network: hyper over connections that are kept alive, in one pool.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Extensions, Request, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{
    CaptureConnection, Connect, Connected, HttpInfo, capture_connection,
};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use outbound_policy::{BlockedNetworks, Origin, Target};

use super::connect::Connector;
use super::error::Phase;
use super::opening::Opening;
use super::tls::InvalidCertificates;
use super::{Exchanged, Hop, classify, h2c, http2_body, stale};
use crate::body::Body;
use crate::error::OutboundError;
use crate::exchange::Via;
use crate::limits::{CallLimits, HeaderLimits};
use crate::time::is_virtual;

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
    /// Speaks HTTP/2 without TLS, which a server cannot be asked for.
    h2c_client: Client<C, Body>,
    h2c_origins: Vec<Origin>,
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
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A value over several lines is one value (RFC 9112 section 5.2).
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(headers.fields)
            .http1_max_buf_size(headers.head_buffer_bytes())
            .http2_max_header_list_size(headers.list_bytes());
        Self {
            client: builder.build(connector.clone()),
            h2c_client: builder.http2_only(true).build(connector),
            h2c_origins: Vec::new(),
            headers,
        }
    }

    /// Speaks HTTP/2 without TLS (h2c, with prior knowledge, RFC 9113 section 3.3) with these `http` origins. Defaults to
    /// none. With `https` origins, HTTP/2 is negotiated.
    #[must_use]
    pub fn h2c(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.h2c_origins.extend(origins);
        self
    }

    fn is_h2c(&self, target: &Target) -> bool {
        target
            .origin()
            .is_some_and(|origin| self.h2c_origins.contains(origin))
    }

    /// Performs one exchange, without redirects. It adds `host` and the framing and no other header. It sends a request
    /// a second time only if the upstream closed a kept connection instead of responding, and the request may be
    /// repeated.
    pub(super) async fn exchange(
        &self,
        hop: Hop<'_>,
        mut request: Request<Body>,
    ) -> Result<Exchanged, OutboundError> {
        if is_virtual() {
            return Err(OutboundError::VirtualTime);
        }
        let is_watched = hop.connecting.is_watched() || hop.connect_timeout.is_some();
        let connection = is_watched.then(|| capture_connection(&mut request));
        let again = stale::repeatable(&request);
        let is_h2c = self.is_h2c(hop.target);
        let client = if is_h2c {
            &self.h2c_client
        } else {
            &self.client
        };
        let started = Instant::now();
        let response = tokio::select! {
            response = client.request(request) => response,
            limit = no_connection(hop, connection) => {
                return Err(OutboundError::Timeout {
                    phase: Phase::Connect,
                    limit,
                    by_guest: true,
                });
            }
        };
        let response = match (response, again) {
            (Err(error), Some(again)) if stale::is_stale(&error, started) => {
                client.request(again).await
            }
            (result, _) => result,
        };
        let mut response = response.map_err(|error| {
            let error = classify(error.into(), self.headers);
            if is_h2c { h2c::explained(error) } else { error }
        })?;
        // The response may be sooner than the wait for its connection ends.
        if is_watched {
            hop.connecting.end(response.extensions().get().copied());
        }
        if response.headers().contains_key(TRANSFER_ENCODING) {
            // It is not the length of the body (RFC 9112 section 6.3).
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        let address = response
            .extensions()
            .get::<HttpInfo>()
            .map(HttpInfo::remote_addr);
        Ok(Exchanged {
            response: match response.version() {
                Version::HTTP_2 => response.map(http2_body::whole),
                _ => response.map(Body::Network),
            },
            via: Via::Network { address },
        })
    }
}

/// Returns the limit of the guest if it is over before the request has a connection. `connection` is `None` if nobody asks
/// for it.
async fn no_connection(hop: Hop<'_>, connection: Option<CaptureConnection>) -> Duration {
    let Some(mut connection) = connection else {
        return std::future::pending().await;
    };
    hop.connecting.begin();
    let connected = connection.wait_for_connection_metadata();
    let opening = match hop.connect_timeout {
        None => opening(connected.await.as_ref()),
        Some(limit) => match tokio::time::timeout(limit, connected).await {
            Ok(connected) => opening(connected.as_ref()),
            Err(_elapsed) => return limit,
        },
    };
    hop.connecting.end(opening);
    std::future::pending().await
}

fn opening(connected: Option<&Connected>) -> Option<Opening> {
    let mut extras = Extensions::new();
    connected?.get_extras(&mut extras);
    extras.remove()
}

impl<C> fmt::Debug for Network<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Network")
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
