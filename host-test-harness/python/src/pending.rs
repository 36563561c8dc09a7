//! Jobs that asyncio awaits.

use std::sync::{Mutex, PoisonError};

use harness_driver::{App, Failure};
use pyo3::prelude::*;
use spin_harness::outbound::Awaited;

use crate::failure::raised;
use crate::interpreter;
use crate::runtime::{Task, start};

/// A job that is awaited. It is cancelled when it is dropped.
#[pyclass(frozen)]
pub(crate) struct Pending(Mutex<Option<Job>>);

/// A task, and what makes the report of its application wait for the end of the task.
type Job = (Task, Option<Awaited>);

#[pymethods]
impl Pending {
    fn cancel(&self) {
        let job = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(job);
    }
}

impl Pending {
    /// Runs a job, and calls `done` with what `to_python` makes of its result, or with an exception.
    pub(crate) fn start<T: Send + 'static>(
        job: impl Future<Output = Result<T, Failure>> + Send + 'static,
        done: Py<PyAny>,
        to_python: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let task = start(job, move |result| {
            interpreter::call(|python| {
                let result = result
                    .map_err(raised(python))
                    .and_then(|value| to_python(python, value));
                let arguments = match result {
                    Ok(value) => (Some(value), None),
                    Err(error) => (None, Some(error)),
                };
                // It fails if the event loop is closed, and then nobody waits.
                drop(done.call1(python, arguments));
            });
        });
        Self(Mutex::new(Some((task, None))))
    }

    /// [`Pending::start`] for a request to `app`.
    pub(crate) fn start_in<T: Send + 'static>(
        app: &App,
        job: impl Future<Output = Result<T, Failure>> + Send + 'static,
        done: Py<PyAny>,
        to_python: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let (job, awaited) = app.abandoned().track(job);
        let pending = Self::start(job, done, to_python);
        if let Some((_, of_task)) = &mut *pending.0.lock().unwrap_or_else(PoisonError::into_inner) {
            *of_task = Some(awaited);
        }
        pending
    }
}
