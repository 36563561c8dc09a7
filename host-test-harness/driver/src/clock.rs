//! The clock of an application: the runtime that it runs on.

use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use crate::Failure;
use spin_harness::ErrorKind;
use spin_harness::outbound::Abandoned;

/// The runtime of an application.
#[derive(Debug)]
pub(crate) struct Clock {
    runtime: Handle,
    /// Ends the thread of a virtual clock when it is dropped.
    thread: Option<oneshot::Sender<()>>,
    abandoned: Abandoned,
}

impl Clock {
    /// The clock of the machine.
    pub(crate) fn real(runtime: Handle) -> Self {
        Self {
            runtime,
            thread: None,
            abandoned: Abandoned::default(),
        }
    }

    /// A clock that jumps to the end of whatever everything waits for, on a thread of its own: tokio can pause the time
    /// of a whole runtime only.
    pub(crate) fn virtual_time() -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(
                ErrorKind::Engine,
                format!("a virtual clock does not start: {error}"),
            )
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .map_err(|error| failed(&error))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("virtual clock".to_owned())
            .spawn(move || {
                // It ends with an error when the sender is dropped.
                drop(runtime.block_on(stopped));
                runtime.shutdown_background();
            })
            .map_err(|error| failed(&error))?;
        Ok(Self {
            runtime: handle,
            thread: Some(stop),
            abandoned: Abandoned::default(),
        })
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.thread.is_some()
    }

    /// Runs a job by this clock. Dropping the future cancels it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Failure> {
        let (job, _awaited) = self.abandoned.track(job);
        let job = AbortOnDropHandle::new(self.runtime.spawn(job));
        job.await.map_err(|error| {
            Failure::new(
                ErrorKind::Engine,
                format!("the request did not end: {error}"),
            )
        })
    }

    /// The jobs that were cancelled and have not ended yet.
    pub(crate) fn abandoned(&self) -> &Abandoned {
        &self.abandoned
    }
}
