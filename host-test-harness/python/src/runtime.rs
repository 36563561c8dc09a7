//! The runtime of all applications of the process, and how Python waits for it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use harness_driver::{Driver, Failure};
use pyo3::prelude::*;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::failure::raised;

/// How often a call that waits looks for signals, such as Ctrl-C.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("the process can start threads"));

/// Loads the applications.
pub(crate) fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(|| Driver::new(RUNTIME.handle().clone()))
}

/// A task that is cancelled when this is dropped.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn cancel(&self) {
        self.0.abort();
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Runs a job, and hands its result to `done`, unless it is cancelled.
pub(crate) fn start<T: Send + 'static>(
    job: impl Future<Output = T> + Send + 'static,
    done: impl FnOnce(T) + Send + 'static,
) -> Task {
    Task(RUNTIME.spawn(async move { done(job.await) }))
}

/// Waits for a job without holding up other threads of Python. A signal that raises an exception cancels it.
pub(crate) fn wait<T: Send + 'static>(
    python: Python<'_>,
    job: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = channel();
    let task = start(job, move |result| {
        // The receiver is gone if a signal has ended the wait.
        drop(sender.send(result));
    });
    loop {
        let received;
        // It cannot be shared between threads, so it is moved in and out.
        (received, receiver) = python.detach(move || {
            let received = receiver.recv_timeout(SIGNAL_INTERVAL);
            (received, receiver)
        });
        match received {
            Ok(result) => return result.map_err(raised(python)),
            Err(RecvTimeoutError::Timeout) => python.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                drop(task);
                let message = "the harness panicked; its message is on stderr";
                return Err(pyo3::exceptions::PyRuntimeError::new_err(message));
            }
        }
    }
}
