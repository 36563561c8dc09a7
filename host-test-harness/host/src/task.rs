//! Tasks and time limits of invocations.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use harness_outbound::Abandoned;
use harness_outbound::time::{countable, deadline};
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

/// Runs a job in a task of its own, unless the caller is in a task already: on the thread of a `block_on`, an
/// invocation would change threads whenever it waits for a socket. Its log goes to the caller's subscriber.
///
/// Without a tokio runtime, the job runs on the one that wasmtime-wasi starts. A job that is dropped is one of `abandoned`
/// until its task has ended.
pub(crate) async fn in_task<T: Send + 'static>(
    abandoned: &Abandoned,
    job: impl Future<Output = T> + Send + 'static,
) -> T {
    if tokio::task::try_id().is_some() {
        return job.await;
    }
    let (job, _awaited) = abandoned.track(job);
    let job = job.in_current_span().with_current_subscriber();
    wasmtime_wasi::runtime::spawn(job).await
}

/// When an invocation has used up its wall time. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    wall_time: Duration,
    ends: Arc<Mutex<Ends>>,
}

/// The end of the wall time, by two clocks that are one unless a test has paused tokio's.
#[derive(Debug, Clone, Copy)]
struct Ends {
    /// For a guest that waits.
    waiting: Instant,
    /// For a guest that computes, during which a paused clock stands still.
    computing: std::time::Instant,
}

impl Ends {
    fn after(wall_time: Duration) -> Self {
        Self {
            waiting: deadline(wall_time),
            computing: std::time::Instant::now() + countable(wall_time),
        }
    }
}

impl Deadline {
    /// The wall time starts now.
    pub(crate) fn new(wall_time: Duration) -> Self {
        Self {
            wall_time,
            ends: Arc::new(Mutex::new(Ends::after(wall_time))),
        }
    }

    /// The wall time starts anew: a stream is bounded by its idleness.
    pub(crate) fn restart(&self) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = Ends::after(self.wall_time);
    }

    fn ends(&self) -> Ends {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a guest that computes.
    pub(crate) fn is_over(&self) -> bool {
        std::time::Instant::now() >= self.ends().computing
    }
}

/// Ends an invocation that waits in an import at `deadline`. (Its epoch ends one that computes, with a backtrace.)
pub(crate) async fn within<T>(
    deadline: &Deadline,
    invocation: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut invocation = pin!(invocation);
    loop {
        let end = deadline.ends().waiting;
        match tokio::time::timeout_at(end, invocation.as_mut()).await {
            Ok(result) => return result,
            Err(_elapsed) if deadline.ends().waiting > end => {}
            Err(_elapsed) => return Err(wasmtime::Error::new(WallTimeExceeded)),
        }
    }
}

/// The error that ends a guest which exceeds its wall time.
#[derive(Debug, thiserror::Error)]
#[error("the wall time is over")]
pub(crate) struct WallTimeExceeded;
