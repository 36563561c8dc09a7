//! Failures as exceptions of `spin_harness`.

use harness_driver::Failure;
use pyo3::prelude::*;

/// The exception of a failure, whose class Python chooses by its kind.
pub(crate) fn to_exception(python: Python<'_>, failure: &Failure) -> PyErr {
    let exception = python
        .import("spin_harness._errors")
        .and_then(|module| module.getattr("error_of"))
        .and_then(|function| {
            function.call1((
                failure.kind,
                &failure.message,
                &failure.guest_stderr,
                failure.backtrace.as_deref(),
            ))
        });
    exception.map_or_else(|error| error, PyErr::from_value)
}
