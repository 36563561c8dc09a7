//! Name resolution that hands out only addresses that may be dialled.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use outbound_policy::BlockedNetworks;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The system's resolver, behind the check of each address: what is dialled is what was checked.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    resolver: GaiResolver,
    blocked: Arc<BlockedNetworks>,
}

impl CheckedResolver {
    pub(super) fn new(blocked: &Arc<BlockedNetworks>) -> Self {
        Self {
            resolver: GaiResolver::new(),
            blocked: Arc::clone(blocked),
        }
    }
}

impl Service<Name> for CheckedResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.resolver.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let blocked = Arc::clone(&self.blocked);
        let resolution = self.resolver.call(name);
        Box::pin(async move {
            permitted(
                resolution
                    .await
                    .map_err(|error| ResolveError(error.into()))?,
                &blocked,
            )
        })
    }
}

/// The resolver knows no address for a name, or failed.
#[derive(Debug)]
pub(crate) struct ResolveError(BoxError);

impl fmt::Display for ResolveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for ResolveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Those of `addresses` that are not blocked. If all are, the reason for the first.
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
