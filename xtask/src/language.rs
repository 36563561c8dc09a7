//! The languages other than Rust: each module describes one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{self, Failure};
use crate::{go, javascript, python, setup};

/// The languages that the project has an SDK for.
pub(crate) const LANGUAGES: [&Language; 3] =
    [&go::LANGUAGE, &javascript::LANGUAGE, &python::LANGUAGE];

/// A language. The functions that take the path of `spin-harness` expect that it is built.
pub(crate) struct Language {
    /// The name in reports and in `cargo xtask test FILTER`.
    pub(crate) name: &'static str,
    /// Programs that must be installed, each with an argument with which it exits with 0.
    pub(crate) needs: &'static [(&'static str, &'static str)],
    /// How to install them.
    pub(crate) install: &'static str,
    /// Installs the pinned tools. A second run changes nothing.
    pub(crate) setup: fn() -> Result<(), Failure>,
    /// Checks the format of the SDK and its examples, lints and tests them.
    pub(crate) check: fn(spin_harness: &Path) -> Result<(), Failure>,
    /// Builds the probes of the conformance suite: one for each backend, by the name in the report.
    pub(crate) probes: fn(spin_harness: &Path) -> Result<Vec<Guest>, Failure>,
    /// Builds the guests of the benchmark: one for each backend, by the name in its tables.
    pub(crate) bench_guests: fn(spin_harness: &Path) -> Result<Vec<Guest>, Failure>,
    /// Builds the driver for tests in this language, and returns the variables of the environment with which the benchmark
    /// runs it: one of them is the command.
    pub(crate) driver_bench: fn() -> Result<Vec<Variable>, Failure>,
    /// The published SDK that the benchmark compares with; `None` if it needs a compiler that xtask does not install.
    pub(crate) published: Option<Published>,
}

/// The name of a guest in reports, and its component.
pub(crate) type Guest = (&'static str, PathBuf);

/// A variable of the environment: its name and its value.
pub(crate) type Variable = (&'static str, PathBuf);

/// A published SDK for Spin.
pub(crate) struct Published {
    /// Its name in the benchmark, with its version.
    pub(crate) name: &'static str,
    /// Installs its tools, and builds the same guest of the benchmark with it.
    pub(crate) bench_guest: fn() -> Result<PathBuf, Failure>,
}

impl Language {
    /// Whether the needed programs are installed. In CI a missing program is an error, since a skipped language
    /// would look like a success; elsewhere a message names it.
    pub(crate) fn is_available(&self) -> Result<bool, Failure> {
        let missing = self.needs.iter().find(|(program, version)| {
            let mut command = Command::new(program);
            command
                .arg(version)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            !command.status().is_ok_and(|status| status.success())
        });
        let Some((program, _)) = missing else {
            return Ok(true);
        };
        let message = format!("`{program}` does not start; {}", self.install);
        if setup::is_ci() {
            return Err(Failure::new(message));
        }
        step::write_stderr(&format!("    skipped: {}: {message}\n", self.name));
        Ok(false)
    }
}
