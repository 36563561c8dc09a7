//! Runs the fuzz targets. Their checks are those of the property tests, and their corpora are inputs of those tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::cargo::remove_own_environment;
use crate::step::{Failure, Step};
use crate::{root, setup};

/// How long each target runs by default.
pub(crate) const DEFAULT_SECONDS: u64 = 60;

/// The newest version that was tried.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The time that a run may take in addition: it reads the inputs of earlier runs, and finishes its last input.
const RUN_MARGIN: Duration = Duration::from_secs(5 * 60);

/// The fuzz package, relative to the checkout.
const FOLDER: &str = "host-test-harness/fuzz";

/// Artifacts and found inputs, which later runs use again.
const WORK_FOLDER: &str = "target/fuzz";

struct Target {
    name: &'static str,
    dictionary: &'static str,
}

const TARGETS: [Target; 7] = [
    target("uri", "uri"),
    target("texts", "uri"),
    target("manifest", "toml"),
    target("request", "http"),
    target("response", "http"),
    target("har", "har"),
    target("mocks", "mocks"),
];

const fn target(name: &'static str, dictionary: &'static str) -> Target {
    Target { name, dictionary }
}

/// Runs each target whose name contains `filter` for `seconds`, and stops at the first failing input.
pub(crate) fn run(filter: &str, seconds: u64) -> Result<(), Failure> {
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| target.name.contains(filter))
        .collect();
    if chosen.is_empty() {
        let names = TARGETS.map(|target| target.name).join(", ");
        return Err(Failure::usage(format!(
            "no fuzz target's name contains `{filter}`; the fuzz targets are {names}"
        )));
    }
    check_toolchain()?;
    let cargo_fuzz = setup::cargo_tool("cargo-fuzz", CARGO_FUZZ_VERSION)?;
    chosen
        .into_iter()
        .try_for_each(|target| target.run(&cargo_fuzz, seconds))
}

impl Target {
    fn run(&self, cargo_fuzz: &Path, seconds: u64) -> Result<(), Failure> {
        Step::new(format!("build the fuzz target {}", self.name))
            .run(self.command(cargo_fuzz, "build"))?;

        let found_inputs = format!("{WORK_FOLDER}/corpus/{}", self.name);
        std::fs::create_dir_all(root().join(&found_inputs))?;
        let mut run = self.command(cargo_fuzz, "run");
        // libFuzzer writes the inputs that it finds to the first folder.
        run.args([found_inputs, format!("{FOLDER}/corpus/{}", self.name)])
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!(
                "-dict={FOLDER}/dictionaries/{}.dict",
                self.dictionary
            ))
            .args([
                "-max_len=4096",
                "-timeout=10",
                "-verbosity=0",
                "-print_final_stats=1",
            ]);
        Step::new(format!("fuzz {}, {seconds} s", self.name))
            .limit(Duration::from_secs(seconds) + RUN_MARGIN)
            .run(run)
            .map_err(|failure| self.with_failing_input(&failure))
    }

    fn command(&self, cargo_fuzz: &Path, command: &str) -> Command {
        let mut rustup = Command::new("rustup");
        rustup
            .args(["run", "nightly"])
            .arg(cargo_fuzz)
            .args(["fuzz", command, "--fuzz-dir", FOLDER])
            .args(["--target-dir", WORK_FOLDER])
            // The tested code has no `unsafe`, and builds without a sanitizer are shorter.
            .args(["--sanitizer", "none", "--codegen-units", "16"])
            .arg(self.name)
            .current_dir(root());
        remove_own_environment(&mut rustup);
        rustup
    }

    /// Adds to a failure where the failing input is and what to do with it.
    fn with_failing_input(&self, failure: &Failure) -> Failure {
        let folder = root().join(FOLDER).join("artifacts").join(self.name);
        match newest(&folder) {
            Some(input) => Failure::new(format!(
                "{failure}\nThe failing input is {}. Fix the bug, and copy the input to {FOLDER}/corpus/{} \
                 under a descriptive name.",
                input.display(),
                self.name
            )),
            None => Failure::new(failure.to_string()),
        }
    }
}

/// The file of `folder` that was modified last.
fn newest(folder: &Path) -> Option<PathBuf> {
    let modified = |path: &PathBuf| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .max_by_key(modified)
}

fn check_toolchain() -> Result<(), Failure> {
    let nightly = Command::new("rustup")
        .args(["run", "nightly", "rustc", "--version"])
        .current_dir(root())
        .output();
    if nightly.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Err(Failure::new(
        "fuzz targets need the nightly toolchain, which is not installed; \
         `rustup toolchain install nightly --profile minimal` installs it",
    ))
}
