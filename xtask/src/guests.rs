//! The guests, built with the release profile that each of them brings along.

use std::path::{Path, PathBuf};

use crate::root;
use crate::step::{Failure, Step, cargo};

/// The example apps, each a package or workspace of its own.
pub(crate) const EXAMPLES: [&str; 3] =
    ["rust-outbound-http", "rust-two-components", "rust-command"];

/// The workspace of the guests that the tests drive.
pub(crate) fn probes() -> PathBuf {
    root().join("host-test-harness/probes")
}

/// The workspace of the guests of published SDKs.
pub(crate) fn published_probes() -> PathBuf {
    probes().join("published")
}

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// Builds the guests of a folder, and returns the folder of their components.
pub(crate) fn build(folder: &Path) -> Result<PathBuf, Failure> {
    // The target directory stays beside the guest, where its spin.toml looks.
    let target_dir = folder.join("target");
    let mut command = cargo([
        "build",
        "--release",
        "--target",
        "wasm32-wasip2",
        "--locked",
    ]);
    command
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir);
    let shown = folder.strip_prefix(root()).unwrap_or(folder).display();
    Step::new(format!("build the guests in {shown}")).run(command)?;
    Ok(target_dir.join("wasm32-wasip2/release"))
}
