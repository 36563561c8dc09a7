//! The commands of Cargo that xtask runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;
use crate::step::Failure;

/// How the members of a workspace are compiled. Dependencies are compiled by rustc and shared by all ways;
/// Cargo keeps the members of each way side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// As a plain `cargo build` does.
    Rustc,
    /// As [`Self::Rustc`], and optimises the members too, as a release build does: for benchmarks.
    Optimised,
    /// By `clippy-driver`, which lints while it compiles; a warning is an error. `cargo clippy` would check all
    /// dependencies a second time, without compiling them.
    Clippy,
}

impl Compiler {
    /// `cargo` with arguments, in the root of the checkout.
    pub(crate) fn cargo<S: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(root());
        remove_own_environment(&mut command);
        self.set(&mut command);
        command
    }

    /// Sets the environment variables that select this compiler.
    pub(crate) fn set(self, command: &mut Command) {
        match self {
            Self::Rustc => {}
            Self::Optimised => {
                command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "2");
            }
            // The protocol of `cargo clippy` and `clippy-driver`; a test below fails if a toolchain changes it.
            Self::Clippy => {
                command
                    .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
                    .env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
            }
        }
    }
}

/// `cargo` with arguments, in the root of the checkout, which compiles as `cargo` typed by hand does.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    Compiler::Rustc.cargo(arguments)
}

/// The target directory of the workspace, whatever Cargo was given: this program is in its folder `debug`.
pub(crate) fn target_dir() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2);
    Ok(folder.map_or_else(|| root().join("target"), Path::to_owned))
}

/// The path of an executable of the workspace: in the folder of this program, whatever target directory Cargo was given.
pub(crate) fn executable(name: &str) -> Result<PathBuf, Failure> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(std::env::current_exe()?.with_file_name(file))
}

/// Removes the variables in which Cargo describes xtask. Build scripts that read them would run again after each
/// `cargo` typed by hand, and another toolchain has its own `cargo`.
pub(crate) fn remove_own_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_own = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if is_own || text == "CARGO" {
            command.env_remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles a crate of one file as Cargo does with a wrapper, and returns whether that succeeded.
    fn compiles(source: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lib.rs");
        std::fs::write(&file, source).unwrap();
        let mut command = Command::new("clippy-driver");
        command
            .args(["rustc", "--crate-type", "lib", "--edition", "2024"])
            .args(["--emit", "metadata", "--out-dir"])
            .arg(folder.path())
            .arg(&file)
            .current_dir(root());
        Compiler::Clippy.set(&mut command);
        command.output().unwrap().status.success()
    }

    #[test]
    fn a_warning_of_clippy_or_rustc_is_an_error() {
        let rows = [
            ("pub fn one() -> u8 { 1 }", true),
            ("pub fn one() -> u8 { let two = 2; 1 }", false),
            ("pub fn one() -> u8 { return 1; }", false),
        ];
        let wrong: Vec<_> = rows
            .into_iter()
            .filter(|&(source, want)| compiles(source) != want)
            .collect();
        assert!(wrong.is_empty(), "source, whether it compiles: {wrong:#?}");
    }
}
