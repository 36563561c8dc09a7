//! A `self` request that a new instance of the same guest answers, without a socket.

use std::sync::LazyLock;

use http::header::HOST;
use http::{HeaderValue, Uri};
use outbound_policy::{Origin, Target};

use super::failure::Failure;
use super::outgoing::Outgoing;
use super::response::Answer;
use crate::guest::Guest;

/// The origin that stands for the guest itself. Nothing listens there and nothing is dialled.
pub(crate) static IN_PROCESS_ORIGIN: LazyLock<Origin> =
    LazyLock::new(|| Origin::parse("http://localhost").expect("a literal that parses"));

pub(crate) async fn exchange(
    guest: &Guest,
    depth: u32,
    target: &Target,
    outgoing: &Outgoing,
) -> Result<Answer, Failure> {
    let limit = guest.harness().limits().self_call_depth;
    if depth >= limit {
        return Err(Failure::SelfCallDepth { limit });
    }
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
        .handle_at_depth(request, depth + 1)
        .await
        .map_err(Failure::SelfCall)?;
    Ok(Answer::in_process(response))
}
