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
    let of_sdk = root().join("sdk-rust/component-tests/guest");
    [probes(), published_probes(), of_sdk]
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
    build_to(compiler, folder, &folder.join("target"), &[])
}

/// Builds the packages of a folder that have the feature `wasi-http` with it. They import `wasi:http` then.
pub(crate) fn build_for_wasi_http(
    compiler: Compiler,
    folder: &Path,
    packages: &[&str],
) -> Result<PathBuf, Failure> {
    let mut arguments = vec!["--features", "wasi-http"];
    for package in packages {
        arguments.extend(["--package", package]);
    }
    let target_dir = folder.join("target/wasi-http");
    build_to(compiler, folder, &target_dir, &arguments)
}

fn build_to(
    compiler: Compiler,
    folder: &Path,
    target_dir: &Path,
    arguments: &[&str],
) -> Result<PathBuf, Failure> {
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
        .arg(target_dir)
        .args(arguments)
        // The workspaces have most of their dependencies in common, such as the parts of wit-bindgen, and share them.
        .env("CARGO_BUILD_BUILD_DIR", root().join("target/guests"));
    let shown = folder.strip_prefix(root()).unwrap_or(folder).display();
    let arguments: String = arguments
        .iter()
        .map(|argument| format!(" {argument}"))
        .collect();
    Step::new(format!("build the guests in {shown}{arguments}")).run(command)?;
    Ok(target_dir.join("wasm32-wasip2/release"))
}
