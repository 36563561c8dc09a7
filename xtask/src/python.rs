//! Python: the distribution `spin-http` in `sdk-python-shim`, its probe and its examples, and guests of the
//! published spin-sdk.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::language::{Language, Published};
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
    published: Some(Published {
        name: "PyPI spin-sdk 3.4",
        bench_guest: || published_guest(PUBLISHED_BENCH),
    }),
};

/// The tools are some 100 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// A component is made in some 20 s.
const BUILD_LIMIT: Duration = Duration::from_secs(10 * 60);

const SDK: &str = "sdk-python-shim";
const PROBE: &str = "host-test-harness/probes/python";
const BENCH: &str = "host-test-harness/probes/python-bench";
const PUBLISHED: &str = "host-test-harness/probes/published/python-spin-sdk";
const PUBLISHED_BENCH: &str = "host-test-harness/probes/published/python-spin-sdk-bench";
const EXAMPLES: [&str; 2] = ["examples/python-http-send", "examples/python-httpx"];

/// A virtual environment, which is not committed.
struct Environment {
    name: &'static str,
    /// The folder whose lock file names what is in it.
    locked_by: &'static str,
}

const TOOLS: Environment = Environment {
    name: "python",
    locked_by: SDK,
};

/// What a user of the published spin-sdk has: its componentize-py is older than ours.
const STOCK_TOOLS: Environment = Environment {
    name: "python-spin-sdk",
    locked_by: PUBLISHED,
};

impl Environment {
    fn folder(&self) -> PathBuf {
        root().join("target/tools").join(self.name)
    }

    /// One of its programs, with the environment active as after `source bin/activate`.
    fn tool<S: AsRef<OsStr>>(&self, name: &str, arguments: impl IntoIterator<Item = S>) -> Command {
        let bin = self.folder().join("bin");
        let mut path = vec![bin.clone()];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let mut command = Command::new(bin.join(name));
        command
            .args(arguments)
            .current_dir(root())
            .env("VIRTUAL_ENV", self.folder())
            .env_remove("PYTHONPATH");
        if let Ok(path) = std::env::join_paths(path) {
            command.env("PATH", path);
        }
        command
    }

    fn pip<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.tool("python", ["-m", "pip", "install", "--quiet"]);
        command
            .args(arguments)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command
    }

    /// What makes it: its lock file's packages, by their hashes.
    fn install(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        if !self.folder().join("bin/python").exists() {
            let mut venv = Command::new("python3");
            venv.args(["-m", "venv"]).arg(self.folder());
            commands.push(venv);
        }
        let lock = root().join(self.locked_by).join("requirements.txt");
        commands.push(self.pip([
            OsStr::new("--require-hashes"),
            OsStr::new("--requirement"),
            lock.as_os_str(),
        ]));
        commands
    }
}

/// The tools; then the SDK itself, from its source tree.
fn setup() -> Result<(), Failure> {
    let mut commands = TOOLS.install();
    commands.push(TOOLS.pip(["--no-deps", "--no-build-isolation", "--editable", SDK]));
    Step::new("tools of Python: componentize-py, ruff, mypy, pytest")
        .within(DOWNLOAD_LIMIT)
        .run_all(commands)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    let config = format!("--config={SDK}/pyproject.toml");
    let folders: Vec<_> = [SDK, PROBE, BENCH, PUBLISHED, PUBLISHED_BENCH]
        .into_iter()
        .chain(EXAMPLES)
        .collect();
    let ruff = |arguments: &[&str]| {
        let mut command = TOOLS.tool("ruff", arguments);
        command.arg(&config).args(&folders);
        command
    };
    Step::new("ruff").run_all([ruff(&["format", "--check"]), ruff(&["check"])])?;

    let types = |folder: &str, arguments: &[&str]| {
        let mut command = TOOLS.tool("mypy", arguments);
        command.current_dir(root().join(folder));
        command
    };
    let apps = [PROBE, BENCH].into_iter().chain(EXAMPLES);
    Step::new("mypy --strict").run_all(
        std::iter::once(types(SDK, &[]))
            .chain(apps.map(|folder| types(folder, &["--strict", "app.py"]))),
    )?;

    published_guest(PUBLISHED)?;
    let folders = [SDK, PUBLISHED].into_iter().chain(EXAMPLES);
    Step::new("pytest").run_all(folders.map(|folder| {
        let mut pytest = TOOLS.tool("pytest", ["--quiet", "--durations=3"]);
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

/// Makes the component of a folder's `app.py`, by the published spin-sdk.
fn published_guest(folder: &str) -> Result<PathBuf, Failure> {
    Step::new("tools of the published spin-sdk of PyPI")
        .within(DOWNLOAD_LIMIT)
        .run_all(STOCK_TOOLS.install())?;
    let arguments = ["-w", "spin-http", "componentize"];
    let command = STOCK_TOOLS.tool("componentize-py", arguments);
    build(command, &root().join(folder))
}

/// Makes the component of a folder's `app.py`, by our SDK.
fn componentize(folder: &Path) -> Result<PathBuf, Failure> {
    // The SDK is installed as a source tree, which componentize-py finds only when it is named.
    let source = root().join(SDK).join("src");
    let arguments = ["-w", "http-trigger", "componentize", "-p", ".", "-p"];
    let mut command = TOOLS.tool("componentize-py", arguments);
    command.arg(source);
    build(command, folder)
}

/// Has componentize-py write the component beside the folder's `app.py`.
fn build(mut componentize_py: Command, folder: &Path) -> Result<PathBuf, Failure> {
    componentize_py
        .args(["app", "-o", "app.wasm"])
        .current_dir(folder);
    let shown = folder.strip_prefix(root()).unwrap_or(folder).display();
    Step::new(format!("build the guest in {shown}"))
        .within(BUILD_LIMIT)
        .run(componentize_py)?;
    Ok(folder.join("app.wasm"))
}
