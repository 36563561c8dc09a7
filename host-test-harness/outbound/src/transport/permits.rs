//! The number of open connections to each upstream, bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::sync::Semaphore;

use crate::BoxError;

/// One semaphore for each upstream that has connections.
pub(super) struct Permits {
    limit: usize,
    semaphores: Mutex<HashMap<(Scheme, Authority), Arc<Semaphore>>>,
}

impl Permits {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            semaphores: Mutex::default(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The permits of the upstream that `uri` names. Upstreams without connections are forgotten.
    pub(super) fn of(&self, uri: &Uri) -> Result<Arc<Semaphore>, BoxError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(format!("`{uri}` has no origin to connect to").into());
        };
        let mut semaphores = self
            .semaphores
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        semaphores.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        let key = (scheme.clone(), authority.clone());
        let semaphore = semaphores
            .entry(key)
            .or_insert_with(|| Arc::new(Semaphore::new(self.limit)));
        Ok(Arc::clone(semaphore))
    }
}

/// All permitted connections to the upstream stayed in use for as long as a connection may take.
#[derive(Debug, thiserror::Error)]
#[error("all {limit} permitted connections stayed in use")]
pub(super) struct ConnectionsInUse {
    limit: usize,
}

impl ConnectionsInUse {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit }
    }
}
