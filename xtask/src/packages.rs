//! What would be published, made in a folder: the crates, the npm packages, the Python distributions, the Go module and
//! the command.
//!
//! `cargo xtask dist` makes them for a release. The step `packages` of `cargo xtask test` makes them from what the other
//! steps have built, and runs the first test of each language in a new folder, with these packages alone.

pub(crate) mod crates;
mod first_test;
pub(crate) mod go_module;
pub(crate) mod npm;
mod oldest;
pub(crate) mod python;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Compiler;
use crate::step::{Failure, Step};
use crate::{go, harness, javascript, root};

/// The version of everything that is published.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The documents of the root that each package has a copy of.
pub(crate) const DOCUMENTS: [&str; 2] = ["LICENSE", "CHANGELOG.md"];

/// A build of the command `spin-harness`.
pub(crate) struct Build {
    /// The executable.
    pub(crate) command: PathBuf,
    /// The operating system and the processor, as Node names them.
    pub(crate) node: (&'static str, &'static str),
}

/// Makes the packages of the languages that are available, and runs their first tests.
pub(crate) fn check(compiler: Compiler) -> Result<(), Failure> {
    let folder = root().join("target/packages");
    remove_folder(&folder)?;
    let command = harness::build(compiler)?;
    crates::make(&folder)?;
    crates::check_files(&command.with_extension("d"), &folder)?;
    let build = Build {
        command: folder.join("bin").join(machine()?).join("spin-harness"),
        node: node_platform()?,
    };
    strip(&command, &build.command)?;
    first_test::run("Rust", &folder, &build)?;
    if crate::python::LANGUAGE.is_available()? {
        (crate::python::LANGUAGE.setup)()?;
        python::make(&folder)?;
        let wheel = crate::python::build_harness_wheel()?;
        python::add_wheel(&wheel, &folder)?;
        first_test::run("Python", &folder, &build)?;
    }
    if javascript::LANGUAGE.is_available()? {
        (javascript::LANGUAGE.setup)()?;
        npm::make(std::slice::from_ref(&build), &folder)?;
        first_test::run("JavaScript", &folder, &build)?;
    }
    if go::LANGUAGE.is_available()? {
        go_module::make(&folder)?;
        first_test::run("Go", &folder, &build)?;
    }
    Ok(())
}

/// Copies an executable without its symbols, which are most of a debug build.
fn strip(command: &Path, to: &Path) -> Result<(), Failure> {
    create_parent(to)?;
    let mut strip = Command::new("strip");
    strip.arg("-o").args([to, command]);
    Step::new("strip the command").run(strip)
}

/// The processor, as `uname -m` names it.
fn machine() -> Result<String, Failure> {
    let output = Command::new("uname").arg("-m").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The platform of this machine, as Node names it.
fn node_platform() -> Result<(&'static str, &'static str), Failure> {
    let os = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(Failure::new(format!("there is no npm package for {other}"))),
    };
    let cpu = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(Failure::new(format!("there is no npm package for {other}"))),
    };
    Ok((os, cpu))
}

/// Removes a folder, if it exists.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::new(format!(
            "cannot remove {}: {error}",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

pub(crate) fn create_parent(file: &Path) -> Result<(), Failure> {
    Ok(fs::create_dir_all(file.parent().unwrap_or(file))?)
}

/// Copies the files of `from` that Git knows into `to`, where links become the files that they name.
fn copy_known_files(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z"]).current_dir(from);
    let output = list.output()?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`git ls-files` in {} failed: {}",
            from.display(),
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    for name in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        let file = to.join(name);
        create_parent(&file)?;
        fs::copy(from.join(name), file)?;
    }
    Ok(())
}

/// Copies [`DOCUMENTS`] into a folder.
pub(crate) fn copy_documents(to: &Path) -> Result<(), Failure> {
    for name in DOCUMENTS {
        fs::copy(root().join(name), to.join(name))?;
    }
    Ok(())
}

/// Copies a folder and everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
