//! Failures as exceptions of `spin_harness`.

use harness_driver::Failure;
use pyo3::prelude::*;

/// Makes the exception of a failure, for `map_err`.
pub(crate) fn raised(python: Python<'_>) -> impl Fn(Failure) -> PyErr + '_ {
    move |failure| to_exception(python, &failure)
}

/// The exception of a failure, whose class Python chooses by its kind.
fn to_exception(python: Python<'_>, failure: &Failure) -> PyErr {
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
