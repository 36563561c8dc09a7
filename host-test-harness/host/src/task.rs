//! Tasks and time limits of invocations.

use std::time::Instant;

use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

/// Runs a job in a task of its own, unless the caller is in a task already: on the thread of a `block_on`, an
/// invocation would change threads whenever it waits for a socket. Its log goes to the caller's subscriber.
///
/// Without a tokio runtime, the job runs on the one that wasmtime-wasi starts.
pub(crate) async fn in_task<T: Send + 'static>(job: impl Future<Output = T> + Send + 'static) -> T {
    if tokio::task::try_id().is_some() {
        return job.await;
    }
    let job = job.in_current_span().with_current_subscriber();
    wasmtime_wasi::runtime::spawn(job).await
}

/// Ends an invocation that waits in an import at `deadline`. (Its epoch ends one that computes, with a backtrace.)
pub(crate) async fn within<T>(
    deadline: Instant,
    invocation: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    tokio::time::timeout_at(deadline.into(), invocation)
        .await
        .unwrap_or_else(|_elapsed| Err(wasmtime::Error::new(WallTimeExceeded)))
}

/// The error that ends a guest which exceeds its wall time.
#[derive(Debug, thiserror::Error)]
#[error("the wall time is over")]
pub(crate) struct WallTimeExceeded;
