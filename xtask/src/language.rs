//! The languages beside Rust: what each module offers to the steps.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{self, Failure};
use crate::{go, javascript, python};

/// Those that the project has an SDK for.
pub(crate) const LANGUAGES: [&Language; 3] =
    [&go::LANGUAGE, &javascript::LANGUAGE, &python::LANGUAGE];

/// One of them. `spin-harness` is built before anything that takes its path.
pub(crate) struct Language {
    /// As the reports and `cargo xtask test FILTER` say it.
    pub(crate) name: &'static str,
    /// Programs that a machine must bring, each with the argument that prints its version.
    pub(crate) needs: &'static [(&'static str, &'static str)],
    /// Where they come from, for a person who lacks them.
    pub(crate) install: &'static str,
    /// Installs the pinned tools; the second time it changes nothing.
    pub(crate) setup: fn() -> Result<(), Failure>,
    /// Formats, lints and tests the SDK and its examples.
    pub(crate) check: fn(spin_harness: &Path) -> Result<(), Failure>,
    /// Builds the probe of the conformance suite.
    pub(crate) probe: fn(spin_harness: &Path) -> Result<PathBuf, Failure>,
    /// Builds the guest of the benchmark.
    pub(crate) bench_guest: fn(spin_harness: &Path) -> Result<PathBuf, Failure>,
    /// What the benchmark compares it with; none where the published SDK needs a compiler that we do not build with.
    pub(crate) published: Option<Published>,
}

/// An SDK for Spin that anyone can install.
pub(crate) struct Published {
    /// With its version, as the benchmark says it.
    pub(crate) name: &'static str,
    /// Builds the same guest of the benchmark with it, and brings the tools along that it needs.
    pub(crate) bench_guest: fn() -> Result<PathBuf, Failure>,
}

impl Language {
    /// Whether this machine can build it. What is missing is an error in CI, where a skip would pass
    /// for a success, and is told on a laptop.
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
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Err(Failure::new(message));
        }
        step::write_stderr(&format!("    skipped: {}: {message}\n", self.name));
        Ok(false)
    }
}
