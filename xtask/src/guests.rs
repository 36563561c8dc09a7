//! The guests in Rust, each built with the release profile of its own workspace.

use std::path::{Path, PathBuf};

use crate::cargo::Compiler;
use crate::root;
use crate::step::{Failure, Step};

/// The example apps, each a package or workspace of its own.
pub(crate) const EXAMPLES: [&str; 6] = [
    "rust-outbound-http",
    "rust-two-components",
    "rust-command",
    "rust-proxy",
    "rust-router",
    "rust-wasi-http",
];

/// The folders of all workspaces of guests.
pub(crate) fn folders() -> impl Iterator<Item = PathBuf> {
    [probes(), published_probes()]
        .into_iter()
        .chain(EXAMPLES.map(example))
}

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
pub(crate) fn build(compiler: Compiler, folder: &Path) -> Result<PathBuf, Failure> {
    // The target directory is in the guest's folder, where its spin.toml expects it.
    let target_dir = folder.join("target");
    let mut command = compiler.cargo([
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
