//! The command `spin-harness`, which runs the guests of every language.

use std::path::PathBuf;

use crate::cargo::{self, Compiler};
use crate::step::{Failure, Step};

/// Builds the command and the demo, and returns the path of the command.
pub(crate) fn build(compiler: Compiler) -> Result<PathBuf, Failure> {
    // Without `--package`: Cargo unifies features over the selected packages, and a selection other than that of
    // the tests would compile wasmtime again.
    let build = compiler.cargo([
        "build",
        "--locked",
        "--all-features",
        "--bin",
        "spin-harness",
        "--example",
        "demo",
    ]);
    Step::new("build the harness (the first time, wasmtime takes several minutes)").run(build)?;
    cargo::executable("spin-harness")
}
