//! A `self` request that a new instance of the same guest answers, without a socket.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use http::header::HOST;
use http::{HeaderValue, Uri};
use outbound_policy::{Origin, Target};

use super::failure::Failure;
use super::outgoing::Outgoing;
use super::response::Answer;
use crate::Limits;
use crate::guest::Guest;

/// The origin that stands for the guest itself. Nothing listens there and nothing is dialled.
pub(crate) const IN_PROCESS: &str = "http://localhost";

/// [`IN_PROCESS`], parsed once.
pub(crate) static IN_PROCESS_ORIGIN: LazyLock<Origin> =
    LazyLock::new(|| Origin::parse(IN_PROCESS).expect("a literal that parses"));

/// The self calls that led to an invocation, and what all of them share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// How many invocations wait for this one.
    depth: u32,
    n_calls: Arc<AtomicU32>,
}

impl Chain {
    /// Counts an outbound call of any invocation of the chain.
    pub(crate) fn count_call(&self, limits: &Limits) -> Result<(), Failure> {
        let Some(limit) = limits.outbound_calls else {
            return Ok(());
        };
        // Once the limit is reached the count stands still, so it cannot overflow.
        self.n_calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n_calls| {
                (n_calls < limit).then_some(n_calls + 1)
            })
            .map(drop)
            .map_err(|_limit_reached| Failure::TooManyCalls { limit })
    }

    fn deeper(&self, limits: &Limits) -> Result<Self, Failure> {
        let limit = limits.self_call_depth;
        if self.depth >= limit {
            return Err(Failure::SelfCallDepth { limit });
        }
        Ok(Self {
            depth: self.depth + 1,
            n_calls: Arc::clone(&self.n_calls),
        })
    }
}

pub(crate) async fn exchange(
    guest: &Guest,
    chain: &Chain,
    target: &Target,
    outgoing: &Outgoing,
) -> Result<Answer, Failure> {
    let limits = guest.harness().limits();
    let chain = chain.deeper(limits)?;
    let mut request = outgoing.request(target);
    let authority = request
        .uri()
        .authority()
        .map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(authority)) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    let path_and_query = request.uri().path_and_query().cloned();
    *request.uri_mut() = path_and_query.map_or_else(Uri::default, Uri::from);
    let response = guest
        .handle_in_chain(request, chain)
        .await
        .map_err(Failure::SelfCall)?;
    Answer::in_process(response, &outgoing.method, limits)
}
