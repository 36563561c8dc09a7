//! The Python distributions: sources, and wheels.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::python::{HARNESS, SDK, TOOLS};
use crate::root;
use crate::step::{Failure, Step};

/// Makes the source distributions, and the wheel of `spin-http`, in the folder `python`.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    let python = folder.join("python");
    fs::create_dir_all(&python)?;
    let mut sdk = TOOLS.tool("hatchling", ["build", "--directory"]);
    sdk.arg(&python).current_dir(root().join(SDK));
    let mut harness = TOOLS.tool("maturin", ["sdist", "--out"]);
    harness.arg(&python).current_dir(root().join(HARNESS));
    Step::new("build the distributions of Python").run_all([sdk, harness])
}

/// Adds the wheel that is in the folder `wheels`.
pub(crate) fn add_wheel(wheels: &Path, folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(wheels)? {
        let file = entry?.path();
        if file.extension() == Some(OsStr::new("whl")) {
            let name = file.file_name().unwrap_or_default();
            fs::copy(&file, folder.join("python").join(name))?;
        }
    }
    Ok(())
}
