//! Runs the conformance suite with the probe of each SDK, and writes the report at the root of the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Compiler;
use crate::language::LANGUAGES;
use crate::step::{self, Failure, Step};
use crate::test::Outcome;
use crate::{guests, harness, root, setup};

/// The committed report.
const REPORT: &str = "CONFORMANCE.md";

/// Runs the scenarios whose name contains `filter`. Writes the report if `filter` is empty.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let probes = probes(Compiler::Rustc)?;
    if !filter.is_empty() {
        return suite(&probes, filter, None);
    }
    if !probes.are_all() {
        step::write_stderr(
            "    the report is not written, since the toolchain of a language is missing\n",
        );
        return suite(&probes, filter, None);
    }
    suite(&probes, filter, Some(&root().join(REPORT)))
}

/// Runs the whole suite, and fails if the committed report is out of date.
pub(crate) fn check(compiler: Compiler) -> Result<Outcome, Failure> {
    let probes = probes(compiler)?;
    let folder = root().join("target");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(REPORT);
    suite(&probes, "", Some(&path))?;
    if !probes.are_all() {
        return Ok(Outcome::Skipped(
            "the toolchain of a language is missing, so the report was not compared",
        ));
    }
    let got = std::fs::read_to_string(path)?;
    // A missing report counts as out of date.
    let committed = std::fs::read_to_string(root().join(REPORT)).unwrap_or_default();
    if got == committed {
        return Ok(Outcome::Done);
    }
    Err(Failure::new(format!(
        "{REPORT} is out of date; run `cargo xtask conformance` and commit it"
    )))
}

/// The harness, and the component of each probe by the name of its SDK.
struct Probes {
    spin_harness: PathBuf,
    components: Vec<(&'static str, PathBuf)>,
}

impl Probes {
    fn are_all(&self) -> bool {
        self.components.len() == 1 + LANGUAGES.len()
    }
}

fn probes(compiler: Compiler) -> Result<Probes, Failure> {
    setup::targets(&["wasm32-wasip2"])?;
    let rust = guests::build(compiler, &guests::probes())?.join("rust_probe.wasm");
    let spin_harness = harness::build(compiler)?;
    let mut components = vec![("rust", rust)];
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
            components.push((language.name, (language.probe)(&spin_harness)?));
        }
    }
    Ok(Probes {
        spin_harness,
        components,
    })
}

fn suite(probes: &Probes, filter: &str, report: Option<&Path>) -> Result<(), Failure> {
    let mut command = Command::new(&probes.spin_harness);
    command.arg("conformance").current_dir(root());
    if !filter.is_empty() {
        command.arg(filter);
    }
    for (name, component) in &probes.components {
        command
            .arg("--guest")
            .arg(format!("{name}={}", component.display()));
        let expected_failures = root().join(format!(
            "host-test-harness/conformance/expected-failures/{name}.json"
        ));
        if expected_failures.exists() {
            command
                .arg("--expected-failures")
                .arg(format!("{name}={}", expected_failures.display()));
        }
    }
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    Step::new("conformance").run(command)
}
