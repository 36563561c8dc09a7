//! Python: the distribution `spin-http` in `sdk-python-shim`, its probe and its examples.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::language::Language;
use crate::root;
use crate::step::{Failure, Step};

pub(crate) const LANGUAGE: Language = Language {
    name: "python",
    needs: &[("python3", "--version")],
    install: "install Python 3.11 or newer, with its module venv",
    setup,
    check,
    probe,
    bench_guest,
};

/// The tools are some 100 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// A component is made in some 20 s.
const BUILD_LIMIT: Duration = Duration::from_secs(10 * 60);

const SDK: &str = "sdk-python-shim";
const PROBE: &str = "host-test-harness/probes/python";
const BENCH: &str = "host-test-harness/probes/python-bench";
const EXAMPLES: [&str; 2] = ["examples/python-http-send", "examples/python-httpx"];

/// The virtual environment, which is not committed.
fn environment() -> PathBuf {
    root().join("target/tools/python")
}

/// A program of the environment, which is active as after `source bin/activate`.
fn tool<S: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Command {
    let bin = environment().join("bin");
    let mut path = vec![bin.clone()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let mut command = Command::new(bin.join(name));
    command
        .args(arguments)
        .current_dir(root())
        .env("VIRTUAL_ENV", environment())
        .env_remove("PYTHONPATH");
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PATH", path);
    }
    command
}

fn pip<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = tool("python", ["-m", "pip", "install", "--quiet"]);
    command
        .args(arguments)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command
}

/// What the lock file names, by its hashes; then the SDK itself, from its source tree.
fn setup() -> Result<(), Failure> {
    let mut commands = Vec::new();
    if !environment().join("bin/python").exists() {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(environment());
        commands.push(venv);
    }
    let lock = root().join(SDK).join("requirements.txt");
    commands.push(pip([
        OsStr::new("--require-hashes"),
        OsStr::new("--requirement"),
        lock.as_os_str(),
    ]));
    commands.push(pip([
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        SDK,
    ]));
    Step::new("tools of Python: componentize-py, ruff, mypy, pytest")
        .within(DOWNLOAD_LIMIT)
        .run_all(commands)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    let config = format!("--config={SDK}/pyproject.toml");
    let folders: Vec<_> = [SDK, PROBE, BENCH].into_iter().chain(EXAMPLES).collect();
    let ruff = |arguments: &[&str]| {
        let mut command = tool("ruff", arguments);
        command.arg(&config).args(&folders);
        command
    };
    Step::new("ruff").run_all([ruff(&["format", "--check"]), ruff(&["check"])])?;

    let types = |folder: &str, arguments: &[&str]| {
        let mut command = tool("mypy", arguments);
        command.current_dir(root().join(folder));
        command
    };
    let apps = [PROBE, BENCH].into_iter().chain(EXAMPLES);
    Step::new("mypy --strict").run_all(
        std::iter::once(types(SDK, &[]))
            .chain(apps.map(|folder| types(folder, &["--strict", "app.py"]))),
    )?;

    Step::new("pytest").run_all([SDK].into_iter().chain(EXAMPLES).map(|folder| {
        let mut pytest = tool("pytest", ["--quiet", "--durations=3"]);
        pytest
            .current_dir(root().join(folder))
            .env("SPIN_HARNESS", spin_harness);
        pytest
    }))
}

fn probe(_spin_harness: &Path) -> Result<PathBuf, Failure> {
    componentize(&root().join(PROBE))
}

fn bench_guest(_spin_harness: &Path) -> Result<PathBuf, Failure> {
    componentize(&root().join(BENCH))
}

/// Makes the component of a folder's `app.py`, beside it.
fn componentize(folder: &Path) -> Result<PathBuf, Failure> {
    // The SDK is installed as a source tree, which componentize-py finds only when it is named.
    let source = root().join(SDK).join("src");
    let mut command = tool(
        "componentize-py",
        ["-w", "http-trigger", "componentize", "-p", ".", "-p"],
    );
    command
        .arg(source)
        .args(["app", "-o", "app.wasm"])
        .current_dir(folder);
    let shown = folder.strip_prefix(root()).unwrap_or(folder).display();
    Step::new(format!("build the guest in {shown}"))
        .within(BUILD_LIMIT)
        .run(command)?;
    Ok(folder.join("app.wasm"))
}
