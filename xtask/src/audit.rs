//! Checks the packages that the project depends on: known vulnerabilities, licences, versions and sources.

use std::path::PathBuf;
use std::process::Command;

use crate::cargo::cargo;
use crate::python::RELEASE_TOOLS;
use crate::step::{self, Failure, Step};
use crate::{go, javascript, root, setup};

const CARGO_DENY_VERSION: &str = "0.20.2";

/// The folders with a `package-lock.json`.
const NPM: [&str; 2] = ["sdk-js-shim", "host-test-harness/node"];

/// Lock files of pip.
const PIP: [&str; 2] = [
    "sdk-python-shim/requirements.txt",
    "xtask/release-tools/requirements.txt",
];

/// Runs every check, also after one that failed. All but [`offline`] ask a database of vulnerabilities over the network.
pub(crate) fn run() -> Result<(), Failure> {
    let mut commands = vec![deny(&["check"])?];
    Step::new("install pip-audit and govulncheck").run_all(RELEASE_TOOLS.install())?;
    commands.extend(NPM.map(|folder| javascript::npm(&root().join(folder), ["audit"])));
    commands.extend(PIP.map(|lock| {
        // Without `--strict`, a package that the database lacks would pass.
        let mut audit = RELEASE_TOOLS.tool("pip-audit", ["--strict", "--disable-pip"]);
        audit.args(["--require-hashes", "--requirement", lock]);
        audit
    }));
    commands.push(govulncheck()?);
    let mut problems = Vec::new();
    for command in commands {
        let name = PathBuf::from(command.get_program());
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        if let Err(failure) = Step::new(format!("audit: {name}")).run(command) {
            step::print_error(&failure);
            problems.push(failure.to_string());
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::new(problems.join("\n")))
}

/// Runs the checks that ask no database: licences, versions and sources of crates.
pub(crate) fn offline() -> Result<(), Failure> {
    // `cargo deny` reads all crates of the lock file, and a build has those of its own system only.
    Step::new("fetch the crates of all systems").run(cargo(["fetch", "--locked"]))?;
    let mut check = deny(&["--offline", "check"])?;
    check.args(["bans", "licenses", "sources"]);
    Step::new("cargo deny: licences, versions and sources of crates").run(check)
}

/// `cargo deny` with arguments. `deny.toml` says what it permits.
fn deny(arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = Command::new(setup::cargo_tool("cargo-deny", CARGO_DENY_VERSION)?);
    command.args(arguments).current_dir(root());
    Ok(command)
}

/// The check of the Go module, which reports a vulnerability only if the module calls what has it.
fn govulncheck() -> Result<Command, Failure> {
    go::install_tool(go::GOVULNCHECK)?;
    let mut command = Command::new(go::tools().join("govulncheck"));
    command.arg("./...").current_dir(root().join("sdk-go-shim"));
    Ok(command)
}
