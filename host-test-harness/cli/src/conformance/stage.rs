//! What a trial stands on: its upstreams, and the places of the scenario filled in.

use std::net::Ipv4Addr;

use bytes::Bytes;
use probe_protocol::{Body, Description};
use tokio::net::TcpSocket;

use super::compare::Differences;
use super::scenario::{Places, Scenario};
use super::upstream::{Arrived, Upstream};

/// The upstreams of a trial, and where they are.
pub(super) struct Stage {
    pub(super) places: Places,
    upstream: Upstream,
    other: Upstream,
    _closed: TcpSocket,
}

impl Stage {
    pub(super) async fn set(scenario: &Scenario) -> std::io::Result<Self> {
        let (upstream, other) = (Upstream::bind().await?, Upstream::bind().await?);
        // Bound, so that nobody else is given the port, and not listening.
        let closed = TcpSocket::new_v4()?;
        closed.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let (first, second) = (upstream.local_addr()?, other.local_addr()?);
        let places = Places(vec![
            ("{upstream}", first.to_string()),
            ("{port}", first.port().to_string()),
            ("{other}", second.to_string()),
            ("{closed}", closed.local_addr()?.to_string()),
        ]);
        let serve = |listener, script: &Vec<_>| {
            Upstream::serve(listener, script.clone(), places.clone(), scenario.parallel)
        };
        Ok(Self {
            upstream: serve(upstream, &scenario.upstream)?,
            other: serve(other, &scenario.other)?,
            places,
            _closed: closed,
        })
    }

    pub(super) fn descriptions(&self, scenario: &Scenario) -> Result<Bytes, String> {
        let mut descriptions = Vec::new();
        for request in &scenario.requests {
            let body = request.body.as_ref().map(|body| body.bytes(&self.places));
            descriptions.push(Description {
                method: request.method.clone(),
                uri: self.places.fill(&request.uri),
                headers: self.places.fill_headers(&request.headers),
                body: body.transpose()?.map(Body),
            });
        }
        let json = serde_json::to_vec(&descriptions).map_err(|error| error.to_string())?;
        Ok(json.into())
    }

    /// Compares what arrived, and returns it.
    pub(super) fn compare(
        &self,
        scenario: &Scenario,
        differences: &mut Differences<'_>,
    ) -> Vec<Arrived> {
        let mut seen = Vec::new();
        for (who, upstream, script) in [
            ("the upstream", &self.upstream, &scenario.upstream),
            ("the other upstream", &self.other, &scenario.other),
        ] {
            let arrived = upstream.arrived();
            let authority = upstream.address.to_string();
            differences.arrivals(
                who,
                &authority,
                &arrived,
                script,
                scenario.parallel,
                &self.places,
            );
            seen.extend(arrived);
        }
        seen
    }
}
