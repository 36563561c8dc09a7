//! Looks for inputs that break what must hold for any. The checks are those of the tests, which replay the inputs
//! that the targets start from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::step::{Failure, Step, without_own_environment};
use crate::{root, setup};

/// How long each target runs unless the command says otherwise: a minute.
pub(crate) const DEFAULT_SECONDS: u64 = 60;

/// The newest that was tried.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// What a run may take beyond its time: reading the inputs found before, and the last one.
const RUN_MARGIN: Duration = Duration::from_secs(5 * 60);

/// Relative to the checkout, as cargo-fuzz takes it.
const FOLDER: &str = "host-test-harness/fuzz";

/// Builds and inputs, which are kept for the next run.
const WORK_FOLDER: &str = "target/fuzz";

struct Target {
    name: &'static str,
    dictionary: &'static str,
}

const TARGETS: [Target; 5] = [
    target("uri", "uri"),
    target("texts", "uri"),
    target("manifest", "toml"),
    target("request", "http"),
    target("response", "http"),
];

const fn target(name: &'static str, dictionary: &'static str) -> Target {
    Target { name, dictionary }
}

/// Runs the target of the name `filter`, or those whose name contains it, for `seconds` each; stops at a finding.
pub(crate) fn run(filter: &str, seconds: u64) -> Result<(), Failure> {
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| target.name.contains(filter))
        .collect();
    if chosen.is_empty() {
        let names = TARGETS.map(|target| target.name).join(", ");
        return Err(Failure::usage(format!(
            "no fuzz target's name contains `{filter}`; there are {names}"
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

        let found = format!("{WORK_FOLDER}/corpus/{}", self.name);
        std::fs::create_dir_all(root().join(&found))?;
        let mut run = self.command(cargo_fuzz, "run");
        // What is found goes to the first folder.
        run.args([found, format!("{FOLDER}/corpus/{}", self.name)])
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
            .within(Duration::from_secs(seconds) + RUN_MARGIN)
            .run(run)
            .map_err(|failure| self.finding(&failure))
    }

    fn command(&self, cargo_fuzz: &Path, command: &str) -> Command {
        let mut rustup = Command::new("rustup");
        rustup
            .args(["run", "nightly"])
            .arg(cargo_fuzz)
            .args(["fuzz", command, "--fuzz-dir", FOLDER])
            .args(["--target-dir", WORK_FOLDER])
            // The code that is under test has no `unsafe`, and the builds are shorter.
            .args(["--sanitizer", "none", "--codegen-units", "16"])
            .arg(self.name)
            .current_dir(root());
        without_own_environment(&mut rustup);
        rustup
    }

    fn finding(&self, failure: &Failure) -> Failure {
        let folder = root().join(FOLDER).join("artifacts").join(self.name);
        match newest(&folder) {
            Some(input) => Failure::new(format!(
                "{failure}\nThe input is in {}. Mend what it breaks, and copy it to {FOLDER}/corpus/{}, \
                 by a name that says what it is.",
                input.display(),
                self.name
            )),
            None => Failure::new(failure.to_string()),
        }
    }
}

/// The file of `folder` that was written last.
fn newest(folder: &Path) -> Option<PathBuf> {
    let written = |path: &PathBuf| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .max_by_key(written)
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
        "only the nightly toolchain can instrument the fuzz targets, and there is none; \
         `rustup toolchain install nightly --profile minimal` installs it",
    ))
}
