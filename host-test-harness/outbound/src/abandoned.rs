//! Jobs that nobody waits for any more, and that have not ended yet.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Jobs whose result nobody awaits any more. They end a little later than that, because a runtime drops an aborted task
/// when it next has a thread for it. Clones share them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use harness_outbound::Abandoned;
///
/// let abandoned = Abandoned::default();
/// let (job, awaited) = abandoned.track(std::future::pending::<()>());
/// let job = tokio::spawn(job);
/// drop(awaited);
/// job.abort();
/// abandoned.all_ended().await;
/// assert!(job.is_finished());
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Abandoned(TaskTracker);

impl Default for Abandoned {
    fn default() -> Self {
        let tracker = TaskTracker::new();
        // It counts all the same; only a closed tracker can be waited for.
        tracker.close();
        Self(tracker)
    }
}

/// The job's side: the job has ended when this is dropped.
#[derive(Debug)]
pub struct Running {
    _token: Slot,
}

/// The caller's side of a job. Dropping it before the job has ended abandons the job.
#[derive(Debug)]
pub struct Awaited {
    abandoned: Abandoned,
    token: Slot,
}

/// Empty while the job is awaited. The last of both sides drops it.
type Slot = Arc<Mutex<Option<TaskTrackerToken>>>;

impl Abandoned {
    /// A new job, which is awaited.
    #[must_use]
    pub fn job(&self) -> (Running, Awaited) {
        let token = Slot::default();
        let awaited = Awaited {
            abandoned: self.clone(),
            token: Arc::clone(&token),
        };
        (Running { _token: token }, awaited)
    }

    /// [`Abandoned::job`] for a future, which has ended when it is dropped.
    pub fn track<F: Future>(
        &self,
        future: F,
    ) -> (impl Future<Output = F::Output> + use<F>, Awaited) {
        let (running, awaited) = self.job();
        let tracked = async move {
            let _running = running;
            future.await
        };
        (tracked, awaited)
    }

    /// Waits until every job that was abandoned has ended.
    pub async fn all_ended(&self) {
        self.0.wait().await;
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let token = self.abandoned.0.token();
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_jobs_that_are_abandoned_and_run_are_waited_for() {
        let abandoned = Abandoned::default();
        let (_running, _awaited) = abandoned.job();
        let (ended, awaited) = abandoned.job();
        drop(ended);
        drop(awaited);
        // One is awaited, and the other has ended.
        abandoned.all_ended().await;

        let (running, awaited) = abandoned.job();
        drop(awaited);
        let all_ended = abandoned.all_ended();
        let is_over = tokio::time::timeout(std::time::Duration::from_secs(1), all_ended);
        assert!(is_over.await.is_err(), "the job runs");
        drop(running);
        abandoned.all_ended().await;
    }
}
