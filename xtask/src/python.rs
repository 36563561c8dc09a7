//! Python: the distribution `spin-http` in `sdk-python-shim`, its probe and its examples; the distribution `spin-harness`;
//! and guests that use the published spin-sdk.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cargo::{self, Compiler, target_dir};
use crate::language::{Guest, Language, Published, Variable};
use crate::root;
use crate::step::{Failure, Step};

pub(crate) const LANGUAGE: Language = Language {
    name: "python",
    needs: &[("python3", "--version")],
    install: "install Python 3.11 or newer, with its module venv",
    setup,
    check,
    probes,
    bench_guests,
    driver_bench,
    published: Some(Published {
        name: "PyPI spin-sdk 3.4",
        bench_guest: || published_guest(PUBLISHED_BENCH),
    }),
};

/// The time limit of a download: the tools are about 100 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The time limit of building a component, which takes about 20 s.
const BUILD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The time limit of the wheel, for which a part of wasmtime is compiled with other features than for the workspace.
const WHEEL_LIMIT: Duration = Duration::from_secs(30 * 60);

pub(crate) const SDK: &str = "sdk-python-shim";
pub(crate) const HARNESS: &str = "host-test-harness/python";
const PROBE: &str = "host-test-harness/probes/python";
const BENCH: &str = "host-test-harness/probes/python-bench";
const PUBLISHED: &str = "host-test-harness/probes/published/python-spin-sdk";
const PUBLISHED_BENCH: &str = "host-test-harness/probes/published/python-spin-sdk-bench";
const EXAMPLES: [&str; 3] = [
    "examples/python-http-send",
    "examples/python-httpx",
    "examples/python-proxy",
];

/// A virtual environment.
pub(crate) struct Environment {
    name: &'static str,
    /// The folder of the lock file that names its packages.
    locked_by: &'static str,
}

pub(crate) const TOOLS: Environment = Environment {
    name: "python",
    locked_by: SDK,
};

/// The tools of the published spin-sdk, whose componentize-py is older than ours.
const PUBLISHED_TOOLS: Environment = Environment {
    name: "python-spin-sdk",
    locked_by: PUBLISHED,
};

/// The tools of `cargo xtask dist` and `cargo xtask audit`.
pub(crate) const RELEASE_TOOLS: Environment = Environment {
    name: "release",
    locked_by: "xtask/release-tools",
};

impl Environment {
    fn folder(&self) -> PathBuf {
        root().join("target/tools").join(self.name)
    }

    /// A program of the environment, with the environment active as after `source bin/activate`.
    pub(crate) fn tool<S: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
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

    /// The commands that create it and install the packages of its lock file, whose hashes they check.
    pub(crate) fn install(&self) -> Vec<Command> {
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

/// Installs the tools, and the SDK as an editable package.
fn setup() -> Result<(), Failure> {
    let mut commands = TOOLS.install();
    commands.push(TOOLS.pip(["--no-deps", "--no-build-isolation", "--editable", SDK]));
    Step::new("install the tools of Python: componentize-py, ruff, mypy, pytest")
        .limit(DOWNLOAD_LIMIT)
        .run_all(commands)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    let config = format!("--config={SDK}/pyproject.toml");
    install_harness()?;
    let folders: Vec<_> = [SDK, HARNESS, PROBE, BENCH, PUBLISHED, PUBLISHED_BENCH]
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
        [types(SDK, &[]), types(HARNESS, &[])]
            .into_iter()
            .chain(apps.map(|folder| types(folder, &["--strict", "app.py"]))),
    )?;

    published_guest(PUBLISHED)?;
    let folders = [SDK, HARNESS, PUBLISHED].into_iter().chain(EXAMPLES);
    Step::new("pytest").run_all(folders.map(|folder| {
        let mut pytest = TOOLS.tool("pytest", ["--quiet", "--durations=3"]);
        pytest
            .current_dir(root().join(folder))
            .env("SPIN_HARNESS", spin_harness);
        pytest
    }))
}

/// Builds the wheel of `spin-harness`, and installs it.
fn install_harness() -> Result<(), Failure> {
    let wheels = build_harness_wheel()?;
    let install = TOOLS.pip([
        OsStr::new("--no-deps"),
        OsStr::new("--no-index"),
        OsStr::new("--force-reinstall"),
        OsStr::new("--find-links"),
        wheels.as_os_str(),
        OsStr::new("spin-harness"),
    ]);
    Step::new("install the wheel of spin-harness").run(install)
}

/// Builds the wheel of `spin-harness` with the profile of the tests, and returns its folder.
pub(crate) fn build_harness_wheel() -> Result<PathBuf, Failure> {
    let wheels = root().join("target/wheels");
    let mut build = TOOLS.tool(
        "maturin",
        ["build", "--quiet", "--locked", "--profile", "dev"],
    );
    build
        .arg("--manifest-path")
        .arg(root().join(HARNESS).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir()?)
        .arg("--out")
        .arg(&wheels);
    Compiler::Clippy.set(&mut build);
    Step::new("build the wheel of spin-harness")
        .limit(WHEEL_LIMIT)
        .run(build)?;
    Ok(wheels)
}

fn probes(_spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends(PROBE)
}

fn bench_guests(_spin_harness: &Path) -> Result<Vec<Guest>, Failure> {
    of_both_backends(BENCH)
}

/// Makes the package `spin_harness` of its sources and the module that the workspace has, without a wheel: for that one,
/// a part of wasmtime is compiled again.
fn driver_bench() -> Result<Vec<Variable>, Failure> {
    Step::new("build the native module of spin-harness").run(Compiler::Optimised.cargo([
        "build",
        "--locked",
        "--all-features",
        "--lib",
    ]))?;
    let (from, packages) = (
        root().join(HARNESS).join("python/spin_harness"),
        root().join("target/bench/python"),
    );
    let package = packages.join("spin_harness");
    fs::create_dir_all(&package)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), package.join(entry.file_name()))?;
        }
    }
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let module =
        cargo::executable("spin-harness")?.with_file_name(format!("{prefix}_native{suffix}"));
    fs::copy(module, package.join("_native.abi3.so"))?;
    Ok(vec![
        ("DRIVER_PYTHON", TOOLS.folder().join("bin/python")),
        ("PYTHONPATH", packages),
    ])
}

/// Builds the component of a folder's `app.py` with the published spin-sdk.
fn published_guest(folder: &str) -> Result<PathBuf, Failure> {
    Step::new("install the tools of the published spin-sdk of PyPI")
        .limit(DOWNLOAD_LIMIT)
        .run_all(PUBLISHED_TOOLS.install())?;
    let arguments = ["-w", "spin-http", "componentize", "app"];
    let command = PUBLISHED_TOOLS.tool("componentize-py", arguments);
    run_build(command, folder, "app.wasm")
}

fn of_both_backends(folder: &str) -> Result<Vec<Guest>, Failure> {
    Ok(vec![
        ("python", build(folder, "spin")?),
        ("python-wasi", build(folder, "wasi-http")?),
    ])
}

/// Builds the component of a folder's `app.py` for a backend, with our SDK.
pub(crate) fn build(folder: &str, backend: &str) -> Result<PathBuf, Failure> {
    let command = TOOLS.tool("spin-http", ["build", "app.py", "--backend", backend]);
    run_build(command, folder, &format!("{backend}.wasm"))
}

/// Runs a command that builds a component, in the folder of `app.py`, to which it writes the component.
fn run_build(mut command: Command, folder: &str, component: &str) -> Result<PathBuf, Failure> {
    let path = root().join(folder);
    command.args(["-o", component]).current_dir(&path);
    Step::new(format!("build {component} in {folder}"))
        .limit(BUILD_LIMIT)
        .run(command)?;
    Ok(path.join(component))
}
