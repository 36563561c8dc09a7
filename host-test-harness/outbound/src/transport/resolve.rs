//! Name resolution that returns permitted addresses only.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use outbound_policy::BlockedNetworks;
use tower_service::Service;

use super::opening::Resolved;
use crate::{BoxError, BoxFuture};

/// The system's resolver, followed by a check of each address. The address that is dialled is the one that was checked.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    resolver: GaiResolver,
    blocked: Arc<BlockedNetworks>,
    resolved: Resolved,
}

impl CheckedResolver {
    /// A resolver for one connection, which says in `resolved` when it was done.
    pub(super) fn new(blocked: &Arc<BlockedNetworks>, resolved: Resolved) -> Self {
        Self {
            resolver: GaiResolver::new(),
            blocked: Arc::clone(blocked),
            resolved,
        }
    }
}

impl Service<Name> for CheckedResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.resolver.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (blocked, resolved) = (Arc::clone(&self.blocked), self.resolved.clone());
        let resolution = self.resolver.call(name);
        Box::pin(async move {
            let addresses = resolution.await.map_err(ResolveError::new)?;
            resolved.now();
            permitted(addresses, &blocked)
        })
    }
}

/// The resolver has no address for a name, or failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct ResolveError(BoxError);

impl ResolveError {
    pub(super) fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }
}

/// The addresses that are not blocked. If all of them are, the reason for the first.
fn permitted(
    addresses: impl Iterator<Item = SocketAddr>,
    blocked: &BlockedNetworks,
) -> Result<vec::IntoIter<SocketAddr>, BoxError> {
    let mut first_blocked = None;
    let mut permitted = Vec::new();
    for address in addresses {
        match blocked.check(address.ip()) {
            Ok(()) => permitted.push(address),
            Err(error) => {
                first_blocked.get_or_insert(error);
            }
        }
    }
    match first_blocked {
        Some(error) if permitted.is_empty() => Err(error.into()),
        Some(_) | None => Ok(permitted.into_iter()),
    }
}
