//! The guests, built with the release profile that each of them brings along.

use std::path::{Path, PathBuf};

use crate::root;
use crate::step::{Failure, Step, cargo};

/// The example apps, each a package of its own.
pub(crate) const EXAMPLES: [&str; 2] = ["rust-outbound-http", "rust-command"];

/// The workspace of the guests that the tests drive.
pub(crate) fn probes() -> PathBuf {
    root().join("host-test-harness/probes")
}

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// Builds one example and returns its component.
pub(crate) fn build_example(name: &str) -> Result<PathBuf, Failure> {
    build(&example(name), name)
}

/// Builds the probes and returns the component of one.
pub(crate) fn build_probe(name: &str) -> Result<PathBuf, Failure> {
    build(&probes(), name)
}

fn build(folder: &Path, package: &str) -> Result<PathBuf, Failure> {
    // The target directory stays beside the guest, where its spin.toml looks.
    let target_dir = folder.join("target");
    let mut command = cargo([
        "build",
        "--release",
        "--target",
        "wasm32-wasip2",
        "--locked",
        "--package",
        package,
    ]);
    command
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir);
    Step::new(format!("build the guest {package}")).run(command)?;
    Ok(target_dir
        .join("wasm32-wasip2/release")
        .join(format!("{}.wasm", package.replace('-', "_"))))
}
