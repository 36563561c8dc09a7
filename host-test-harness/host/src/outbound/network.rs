//! The network: hyper over connections that are kept alive, one pool for the harness.
//!
//! A harness has one set of blocked networks, so no connection in the pool leads where one is blocked.

use std::time::Duration;

use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpInfo};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use outbound_policy::BlockedNetworks;

use super::connect::Connector;
use super::failure::Failure;
use super::response::Answer;
use crate::body::Body;
use crate::{Error, Limits};

/// How long an idle connection is kept, and until hyper looks after them, which it does as often. Many servers close
/// theirs sooner: hyper notices, and opens another for a request of which nothing was sent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

pub(crate) struct Network<C = Connector> {
    client: Client<C, Body>,
    limits: Limits,
}

impl Network {
    pub(crate) fn new(
        limits: &Limits,
        root_certificates: &[Vec<u8>],
        blocked: BlockedNetworks,
    ) -> Result<Self, Error> {
        let connector = Connector::new(limits, root_certificates, blocked)?;
        Ok(Self::over(connector, limits))
    }
}

impl<C> Network<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    /// Over the connections that `connector` opens.
    pub(crate) fn over(connector: C, limits: &Limits) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A value over several lines is one value (RFC 9112 section 5.2).
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(limits.header_fields)
            .http1_max_buf_size(limits.head_buffer_bytes())
            .build(connector);
        Self {
            client,
            limits: limits.clone(),
        }
    }

    /// One exchange, without redirects. Headers beyond `host` and the framing are the guest's own.
    pub(crate) async fn exchange(&self, request: Request<Body>) -> Result<Answer, Failure> {
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| Failure::transport(error, &self.limits))?;
        let address = response
            .extensions()
            .get::<HttpInfo>()
            .map(HttpInfo::remote_addr);
        Answer::new(response.map(Body::Network), address, &self.limits)
    }
}
