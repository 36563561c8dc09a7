//! Go: the module `sdk-go-shim`, its probe and its examples.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Compiler;
use crate::language::{Guest, Language, Variable};
use crate::step::{Failure, Step};
use crate::{guests, root};

pub(crate) const LANGUAGE: Language = Language {
    name: "go",
    needs: &[("go", "version"), ("gofmt", "-h")],
    install: "install Go 1.24 or newer",
    setup,
    check,
    probes,
    bench_guests,
    driver_bench,
    // The published SDK needs TinyGo or a patched Go.
    published: None,
};

/// The linter, whose version `xtask/go-tools/go.mod` pins.
const STATICCHECK: &str = "honnef.co/go/tools/cmd/staticcheck";

/// The environments in which a file may be compiled: natively, and for the guest of each backend.
const TARGETS: [&[(&str, &str)]; 3] = [
    &[],
    &[("GOOS", "wasip1"), ("GOARCH", "wasm")],
    &[
        ("GOOS", "wasip1"),
        ("GOARCH", "wasm"),
        ("GOFLAGS", "-tags=wasihttp"),
    ],
];

const SDK: &str = "sdk-go-shim";

/// The folders of the modules, relative to the root.
const MODULES: [&str; 10] = [
    SDK,
    "host-test-harness/probes/go",
    "host-test-harness/probes/go-bench",
    "host-test-harness/probes/go-instance",
    "host-test-harness/probes/go-libraries",
    "host-test-harness/probes/go-net-http",
    "examples/go-send",
    "examples/go-proxy",
    "examples/go-router",
    "xtask/go-tools",
];

/// The command that finds known vulnerabilities, whose version `xtask/go-tools/go.mod` pins.
pub(crate) const GOVULNCHECK: &str = "golang.org/x/vuln/cmd/govulncheck";

/// The folder of the installed tools.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools/go")
}

fn go<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder);
    command
}

fn setup() -> Result<(), Failure> {
    install_tool(STATICCHECK)
}

/// Installs a tool that `xtask/go-tools/go.mod` pins.
pub(crate) fn install_tool(package: &str) -> Result<(), Failure> {
    let mut install = go(&root().join("xtask/go-tools"), ["install", package]);
    install.env("GOBIN", tools());
    Step::new(format!("install {package}")).run(install)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    check_format()?;
    let mut lints = Vec::new();
    for folder in MODULES.map(|module| root().join(module)) {
        for target in TARGETS {
            let mut staticcheck = Command::new(tools().join("staticcheck"));
            staticcheck.arg("./...").current_dir(&folder);
            let mut vet = go(&folder, ["vet", "./..."]);
            for command in [&mut vet, &mut staticcheck] {
                command.envs(target.iter().copied());
            }
            lints.extend([vet, staticcheck]);
        }
    }
    Step::new("go vet, staticcheck").run_all(lints)?;
    // The tests of spinhttptest run the cases of all drivers with a probe.
    guests::build(Compiler::Clippy, &guests::probes())?;
    Step::new("go test").run_all(MODULES.map(|module| {
        // `-count=1` disables Go's cache of results, which does not notice a change of the harness.
        let mut test = go(&root().join(module), ["test", "-count=1"]);
        if module == SDK {
            test.arg("-race");
        }
        test.arg("./...").env("SPIN_HARNESS", spin_harness);
        test
    }))
}

fn check_format() -> Result<(), Failure> {
    let mut gofmt = Command::new("gofmt");
    let output = gofmt.arg("-d").args(MODULES).current_dir(root()).output()?;
    if output.status.success() && output.stdout.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "gofmt would change:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}

fn probes(spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends(spin_harness, "host-test-harness/probes/go")
}

fn bench_guests(spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends(spin_harness, "host-test-harness/probes/go-bench")
}

/// Compiles the tests of spinhttptest, which have the program.
fn driver_bench() -> Result<Vec<Variable>, Failure> {
    let tests = root().join("target/bench/spinhttptest");
    fs::create_dir_all(root().join("target/bench"))?;
    let mut build = go(&root().join(SDK), ["test", "-c", "-o"]);
    build.arg(&tests).arg("./spinhttptest");
    Step::new("compile the benchmark of spinhttptest").run(build)?;
    Ok(vec![("DRIVER_GO", tests)])
}

fn of_both_backends(spin_harness: &Path, module: &str) -> Result<Vec<Guest>, Failure> {
    let guest = |backend| build(spin_harness, module, backend);
    Ok(vec![
        ("go", guest("spin")?),
        ("go-wasi", guest("wasi-http")?),
    ])
}

/// Builds the component of a module for a backend.
pub(crate) fn build(spin_harness: &Path, module: &str, backend: &str) -> Result<PathBuf, Failure> {
    let folder = root().join(module);
    let output = format!("{backend}.wasm");
    let mut build = Command::new(spin_harness);
    build
        .args(["build", "--backend", backend, "-o", &output])
        .current_dir(&folder);
    Step::new(format!("build the guest in {module} for {backend}")).run(build)?;
    Ok(folder.join(output))
}
