//! Documents the libraries of the workspace without compiling their dependencies again.
//!
//! `cargo doc` checks all dependencies, and shares nothing with a build. `cargo test --doc` needs the artifacts of the
//! other tests, and calls rustdoc with the paths of these artifacts. So this program takes the place of rustdoc in
//! `cargo test --doc`, and documents each library instead of running its examples.

use std::ffi::OsString;
use std::io;
use std::process::Command;

use crate::cargo::{self, Compiler};
use crate::root;
use crate::step::Failure;

/// Set if this program is called in place of rustdoc.
const VARIABLE: &str = "XTASK_IS_RUSTDOC";

/// The command that documents each library whose examples are tests. A warning is an error.
pub(crate) fn document(compiler: Compiler) -> Result<Command, Failure> {
    let mut command = compiler.cargo(["test", "--locked", "--workspace", "--all-features"]);
    command
        .arg("--doc")
        .env("RUSTDOC", cargo::executable("xtask")?)
        .env(VARIABLE, "1");
    Ok(command)
}

/// Whether [`document`] has started this process.
pub(crate) fn is_requested() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Runs rustdoc with the arguments of this process, except those that select tests. Returns whether it succeeded.
pub(crate) fn run() -> io::Result<bool> {
    let mut rustdoc = Command::new("rustdoc");
    rustdoc
        .args(without_tests(std::env::args_os().skip(1)))
        .args(["-D", "warnings", "--out-dir"])
        .arg(root().join("target/doc"));
    Ok(rustdoc.status()?.success())
}

fn without_tests(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter();
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--test") => {}
            Some("--test-run-directory" | "--test-args") => drop(arguments.next()),
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_select_tests_are_removed() {
        let arguments = [
            "--crate-name",
            "a",
            "--test",
            "src/lib.rs",
            "--test-run-directory",
            "/a",
            "--test-args",
            "--quiet",
            "--extern",
            "b=libb.rlib",
        ];
        let kept = without_tests(arguments.map(OsString::from));
        let want = ["--crate-name", "a", "src/lib.rs", "--extern", "b=libb.rlib"];
        assert_eq!(kept, want.map(OsString::from));
    }
}
