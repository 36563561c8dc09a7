//! The conformance suite with the probe of each SDK, and the report at the root of the checkout.

use std::path::Path;
use std::process::Command;

use crate::step::{Failure, Step, cargo};
use crate::{guests, root, setup};

/// The report that is committed.
const REPORT: &str = "CONFORMANCE.md";

/// The SDKs by the names of the report, and the components of their probes.
const PROBES: [(&str, &str); 1] = [("rust", "rust_probe.wasm")];

/// Runs the scenarios whose name contains `filter`; if that is all, the report is written.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let report = filter.is_empty().then(|| root().join(REPORT));
    suite(filter, report.as_deref())
}

/// Runs the whole suite, and fails if the committed report says otherwise.
pub(crate) fn check() -> Result<(), Failure> {
    let folder = root().join("target");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(REPORT);
    suite("", Some(&path))?;
    let got = std::fs::read_to_string(path)?;
    // A report that was never written is as wrong as one that is old.
    let committed = std::fs::read_to_string(root().join(REPORT)).unwrap_or_default();
    if got == committed {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{REPORT} is not what the suite says now; run `cargo xtask conformance` and commit it"
    )))
}

fn suite(filter: &str, report: Option<&Path>) -> Result<(), Failure> {
    setup::targets(&["wasm32-wasip2"])?;
    let folder = guests::build(&guests::probes())?;
    // As in `demo`: the example brings the features that the tests have, and without it another
    // selection would compile wasmtime again.
    let mut build = cargo(["build", "--locked", "--all-features"]);
    build.args(["--bin", "spin-harness", "--example", "demo"]);
    Step::new("build the harness (wasmtime takes some minutes, once)").run(build)?;
    // It stands beside this program, whatever target directory Cargo was given.
    let mut command = Command::new(std::env::current_exe()?.with_file_name("spin-harness"));
    command.arg("conformance").current_dir(root());
    if !filter.is_empty() {
        command.arg(filter);
    }
    for (name, component) in PROBES {
        let path = folder.join(component);
        command
            .arg("--guest")
            .arg(format!("{name}={}", path.display()));
    }
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    Step::new("conformance").run(command)
}
