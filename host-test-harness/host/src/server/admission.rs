//! What the requests of all connections may use at the same time: instances, and memory for their bodies.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::error::ServeError;
use crate::Limits;

/// Maximum size of all buffered request bodies together, unless the limit on one body is higher.
const BUFFERED_BYTES: usize = 1 << 30;

/// One permit of the semaphore for buffered bodies stands for this many bytes.
const UNIT_BYTES: usize = 1 << 10;

/// Hands out permits; a request waits until its permit is free.
pub(super) struct Admission {
    /// One permit for each request that a guest handles. In-process calls need instances as well, and must
    /// not wait for one behind the request that makes them, so half of the instances is kept for them.
    instances: Arc<Semaphore>,
    /// Room for buffered request bodies, in units of [`UNIT_BYTES`].
    buffered: Semaphore,
}

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        let instances = usize::try_from(limits.instances).unwrap_or(usize::MAX);
        let buffered_bytes = BUFFERED_BYTES.max(limits.request_body_bytes);
        let n_units = (buffered_bytes / UNIT_BYTES + 1).min(Semaphore::MAX_PERMITS);
        Self {
            instances: Arc::new(Semaphore::new((instances / 2).max(1))),
            buffered: Semaphore::new(n_units),
        }
    }

    /// Waits for an instance, for `wall_time` at most.
    pub(super) async fn instance(
        &self,
        limits: &Limits,
    ) -> Result<OwnedSemaphorePermit, ServeError> {
        let permit = Arc::clone(&self.instances).acquire_owned();
        match tokio::time::timeout(limits.wall_time, permit).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_elapsed) => Err(ServeError::NoInstance {
                instances: limits.instances,
                waited: limits.wall_time,
            }),
        }
    }

    /// Waits for room to buffer `n_bytes` of a request body.
    pub(super) async fn buffer(&self, n_bytes: usize) -> SemaphorePermit<'_> {
        let n_units = u32::try_from(n_bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let permit = self.buffered.acquire_many(n_units).await;
        permit.expect("the semaphore is never closed")
    }
}
