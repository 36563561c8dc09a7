//! Runs the conformance suite with the probe of each SDK, and writes the report at the root of the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Compiler;
use crate::language::{Guest, LANGUAGES};
use crate::step::{self, Failure, Step};
use crate::test::Outcome;
use crate::wasmtime_serve::WasmtimeServe;
use crate::{guests, harness, root, setup};

/// The end of the name of each probe that imports `wasi:http`.
const WASI: &str = "-wasi";

/// The committed report.
const REPORT: &str = "CONFORMANCE.md";

/// Runs the scenarios whose name contains `filter`. Writes the report if `filter` is empty.
pub(crate) fn run(filter: &str) -> Result<(), Failure> {
    let probes = probes(Compiler::Rustc)?;
    if !filter.is_empty() {
        return suite(&probes, filter, None);
    }
    if !probes.are_all {
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
    on_wasmtime(&probes)?;
    if !probes.are_all {
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

/// The harness, and the probes of the SDKs.
struct Probes {
    spin_harness: PathBuf,
    components: Vec<Guest>,
    /// Whether the toolchains of all languages are installed.
    are_all: bool,
}

fn probes(compiler: Compiler) -> Result<Probes, Failure> {
    setup::targets(&["wasm32-wasip2"])?;
    let folder = guests::probes();
    let rust = guests::build(compiler, &folder)?.join("rust_probe.wasm");
    let rust_wasi = guests::build_for_wasi_http(compiler, &folder, &["rust-probe"])?;
    let spin_harness = harness::build(compiler)?;
    let mut probes = Probes {
        spin_harness,
        components: vec![
            ("rust", rust),
            ("rust-wasi", rust_wasi.join("rust_probe.wasm")),
        ],
        are_all: true,
    };
    for language in LANGUAGES {
        if language.is_available()? {
            (language.setup)()?;
            probes
                .components
                .extend((language.probes)(&probes.spin_harness)?);
        } else {
            probes.are_all = false;
        }
    }
    Ok(probes)
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
        expect_failures(&mut command, name, name);
    }
    if let Some(report) = report {
        command.arg("--report").arg(report);
    }
    Step::new("conformance").run(command)
}

/// Runs the portable scenarios with the probes that import `wasi:http`, each served by `wasmtime serve`.
fn on_wasmtime(probes: &Probes) -> Result<(), Failure> {
    let wasmtime = setup::wasmtime()?;
    for (name, component) in &probes.components {
        if !name.ends_with(WASI) {
            continue;
        }
        let server = WasmtimeServe::start(&wasmtime, component, &[])?;
        let mut command = Command::new(&probes.spin_harness);
        command
            .args(["conformance", "--backend", "wasi-http", "--host"])
            .arg(format!("http://{}/", server.address()))
            .current_dir(root());
        expect_failures(&mut command, "host", name);
        expect_failures(&mut command, "host", "wasmtime-48");
        expect_failures(&mut command, "host", &format!("wasmtime-48-{name}"));
        Step::new(format!("conformance of {name} on `wasmtime serve`")).run(command)?;
    }
    Ok(())
}

/// Adds the file with the expected failures of a language or host, if it has one, to the command for a probe.
fn expect_failures(command: &mut Command, probe: &str, file: &str) {
    let file = root().join(format!(
        "host-test-harness/conformance/expected-failures/{file}.json"
    ));
    if file.exists() {
        command
            .arg("--expected-failures")
            .arg(format!("{probe}={}", file.display()));
    }
}
