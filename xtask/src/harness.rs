//! The command `spin-harness`, which runs the guests of every language.

use std::path::PathBuf;

use crate::step::{Failure, Step, cargo};

/// What each step selects: all of the workspace, as in the tests. Cargo unifies features over what is
/// selected, and another selection would compile wasmtime again.
pub(crate) const SELECTION: [&str; 6] = [
    "--locked",
    "--all-features",
    "--bin",
    "spin-harness",
    "--example",
    "demo",
];

/// Builds the command and the demo, and returns the command.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    Step::new("build the harness (wasmtime takes some minutes, once)")
        .run(cargo(["build"].iter().chain(&SELECTION)))?;
    // It stands beside this program, whatever target directory Cargo was given.
    Ok(std::env::current_exe()?.with_file_name("spin-harness"))
}
