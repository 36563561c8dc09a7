//! The upstreams of one trial, and the values of its placeholders.

use std::net::Ipv4Addr;

use bytes::Bytes;
use probe_protocol::{Body, Description};
use tokio::net::TcpSocket;

use super::compare::{Differences, UpstreamLog};
use super::placeholders::Placeholders;
use super::scenario::Scenario;
use super::upstream::{Order, ReceivedRequest, Upstream};

/// Two running upstreams, a closed port, and the placeholders that name them.
pub(super) struct TestBed {
    pub(super) placeholders: Placeholders,
    upstream: Upstream,
    other: Upstream,
    _closed: TcpSocket,
}

impl TestBed {
    pub(super) async fn start(scenario: &Scenario) -> std::io::Result<Self> {
        let order = if scenario.parallel > 1 || scenario.concurrent {
            Order::Any {
                copies: scenario.parallel,
            }
        } else {
            Order::OfScript
        };
        let (upstream, other) = (Upstream::bind().await?, Upstream::bind().await?);
        // The socket is bound, so that no other process gets the port, but it does not listen.
        let closed = TcpSocket::new_v4()?;
        closed.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let (first, second) = (upstream.local_addr()?, other.local_addr()?);
        let placeholders = Placeholders::new(vec![
            ("{upstream}", first.to_string()),
            ("{port}", first.port().to_string()),
            ("{other}", second.to_string()),
            ("{closed}", closed.local_addr()?.to_string()),
        ]);
        let serve = |listener, script: &Vec<_>| {
            Upstream::serve(listener, script.clone(), placeholders.clone(), order)
        };
        Ok(Self {
            upstream: serve(upstream, &scenario.upstream)?,
            other: serve(other, &scenario.other)?,
            placeholders,
            _closed: closed,
        })
    }

    /// The body of the request to the probe: the descriptions of the scenario's requests.
    pub(super) fn probe_request(&self, scenario: &Scenario) -> Result<Bytes, String> {
        let mut descriptions = Vec::new();
        for request in &scenario.requests {
            let body = request.body.as_ref();
            let body = body.map(|body| body.bytes(&self.placeholders));
            let raw_headers = request.raw_headers.iter().map(|(name, value)| {
                let value = value.bytes(&self.placeholders)?;
                Ok::<_, String>((name.clone(), Body(value)))
            });
            let pieces = request.pieces.iter();
            let pieces = pieces.map(|piece| piece.bytes(&self.placeholders).map(Body));
            descriptions.push(Description {
                method: request.method.clone(),
                uri: self.placeholders.fill(&request.uri),
                headers: self.placeholders.fill_headers(&request.headers),
                body: body.transpose()?.map(Body),
                raw_headers: raw_headers.collect::<Result<_, _>>()?,
                pieces: pieces.collect::<Result<_, _>>()?,
                follow_redirects: request.follow_redirects,
                timeout_ms: request.timeout_ms,
            });
        }
        let json = serde_json::to_vec(&descriptions).map_err(|error| error.to_string())?;
        Ok(json.into())
    }

    /// Compares the requests that the upstreams received with the scenario, and returns them.
    pub(super) fn compare_requests(
        &self,
        scenario: &Scenario,
        differences: &mut Differences<'_>,
    ) -> Vec<ReceivedRequest> {
        let mut all = Vec::new();
        for (name, upstream, script) in [
            ("the upstream", &self.upstream, &scenario.upstream),
            ("the other upstream", &self.other, &scenario.other),
        ] {
            let received = upstream.received();
            differences.compare_requests(&UpstreamLog {
                upstream: name,
                authority: upstream.address.to_string(),
                received: &received,
                script,
                copies: scenario.parallel,
            });
            all.extend(received);
        }
        all
    }
}
