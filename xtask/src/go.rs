//! Go: the module `sdk-go-shim`, its probe and its examples.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::language::Language;
use crate::root;
use crate::step::{Failure, Step};

pub(crate) const LANGUAGE: Language = Language {
    name: "go",
    needs: &[("go", "version"), ("gofmt", "-h")],
    install: "install Go 1.24 or newer",
    setup,
    check,
    probe,
};

/// The linter, whose version its own lock file pins.
const STATICCHECK: &str = "honnef.co/go/tools/cmd/staticcheck";

/// The modules, from the root; the first is the SDK.
const MODULES: [&str; 2] = ["sdk-go-shim", "host-test-harness/probes/go"];

fn tools() -> PathBuf {
    root().join("target/tools/go")
}

fn go<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder);
    command
}

fn setup() -> Result<(), Failure> {
    let mut install = go(&root().join("xtask/go-tools"), ["install", STATICCHECK]);
    install.env("GOBIN", tools());
    Step::new("tools of Go: staticcheck").run(install)
}

fn check(spin_harness: &Path) -> Result<(), Failure> {
    let mut format = Command::new("gofmt");
    format.arg("-d").args(MODULES).current_dir(root());
    let output = format.output()?;
    if !output.status.success() || !output.stdout.is_empty() {
        return Err(Failure::new(format!(
            "gofmt would change:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let mut lints = Vec::new();
    for folder in MODULES.map(|module| root().join(module)) {
        // Natively and for the guest: each sees files that the other does not.
        for target in [None, Some([("GOOS", "wasip1"), ("GOARCH", "wasm")])] {
            let mut staticcheck = Command::new(tools().join("staticcheck"));
            staticcheck.arg("./...").current_dir(&folder);
            let mut vet = go(&folder, ["vet", "./..."]);
            for command in [&mut vet, &mut staticcheck] {
                command.envs(target.into_iter().flatten());
            }
            lints.extend([vet, staticcheck]);
        }
    }
    Step::new("go vet, staticcheck").run_all(lints)?;
    Step::new("go test").run_all(MODULES.map(|module| {
        let mut test = go(&root().join(module), ["test", "./..."]);
        test.env("SPIN_HARNESS", spin_harness);
        test
    }))
}

fn probe(spin_harness: &Path) -> Result<PathBuf, Failure> {
    let folder = root().join("host-test-harness/probes/go");
    let component = folder.join("app.wasm");
    let mut build = Command::new(spin_harness);
    build.arg("build").current_dir(&folder);
    Step::new("build the guest in host-test-harness/probes/go").run(build)?;
    Ok(component)
}
