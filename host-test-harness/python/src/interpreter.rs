//! Calls of Python from the threads of the harness.
//!
//! A thread that waits for the interpreter while that ends is ended too, and unwinding it through Rust ends the process
//! with a signal. So before the interpreter ends, no call begins any more, and those that run are waited for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

/// How long the end of the interpreter waits for calls, which may be functions of mocks that never return.
const LAST_CALLS: Duration = Duration::from_secs(5);

static CALLS: Mutex<Calls> = Mutex::new(Calls {
    n_running: 0,
    are_over: false,
});

static ENDED: Condvar = Condvar::new();

struct Calls {
    n_running: usize,
    are_over: bool,
}

fn calls() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call that runs.
struct Running;

impl Running {
    fn begin() -> Option<Self> {
        let mut calls = calls();
        if calls.are_over {
            return None;
        }
        calls.n_running += 1;
        Some(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        calls().n_running -= 1;
        ENDED.notify_all();
    }
}

/// Calls Python, unless the interpreter is about to end.
pub(crate) fn call<T>(job: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _running = Running::begin()?;
    Python::try_attach(job)
}

/// Lets no call begin any more, and waits for those that run. To be called before the interpreter ends.
pub(crate) fn end_calls(python: Python<'_>) {
    python.detach(|| {
        let mut calls = calls();
        calls.are_over = true;
        drop(ENDED.wait_timeout_while(calls, LAST_CALLS, |calls| calls.n_running > 0));
    });
}
