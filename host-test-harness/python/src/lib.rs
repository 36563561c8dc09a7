//! The Python module `spin_harness._native`, which `spin_harness` wraps: everything here is called by its code only.

#![expect(
    clippy::needless_pass_by_value,
    reason = "pyo3 passes what it has converted by value"
)]

mod app;
mod failure;
mod interpreter;
mod log;
mod mocks;
mod pending;
mod runtime;
mod stream;

use harness_driver::Fields;
use pyo3::prelude::*;

/// The harness, in the process of Python.
#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::app::App;
    #[pymodule_export]
    use super::mocks::Mocks;
    #[pymodule_export]
    use super::pending::Pending;
    #[pymodule_export]
    use super::stream::Stream;

    /// Runs the command `spin-harness`, and returns its exit code.
    #[pyfunction]
    fn run_command(python: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
        python.detach(|| spin_harness_cli::run(arguments).code())
    }

    /// Ends the calls of Python from other threads, before the interpreter ends.
    #[pyfunction]
    fn end_calls(python: Python<'_>) {
        super::interpreter::end_calls(python);
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// The status, the header fields, the body and the trailer fields of a response.
type Response<'py> = (u16, Fields, Bound<'py, pyo3::types::PyBytes>, Fields);
