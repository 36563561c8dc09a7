//! The oldest version of each language that the packages promise to work with.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Build;
use crate::javascript::npm;
use crate::root;
use crate::step::{self, Failure, Step};

/// The time limit of the download of a compiler: 60 to 100 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The environment in which the tools of a language have that version; `folder` is for what they need.
pub(super) fn environment(
    language: &str,
    folder: &Path,
    build: &Build,
) -> Result<Vec<(&'static str, OsString)>, Failure> {
    match language {
        "Rust" => rust(),
        "Python" => python(folder),
        "Go" => go(),
        "JavaScript" => node(build),
        _ => Ok(Vec::new()),
    }
}

/// The toolchain that `rust-version` of the SDK names, with the target of components.
fn rust() -> Result<Vec<(&'static str, OsString)>, Failure> {
    let version = value("sdk-rust/Cargo.toml", "rust-version = \"")?;
    let toolchain = format!("{}.0", version.trim_end_matches('"'));
    let mut install = Command::new("rustup");
    install
        .args(["toolchain", "install", "--no-self-update", &toolchain])
        .args(["--profile", "minimal", "--target", "wasm32-wasip2"]);
    Step::new(format!("install Rust {toolchain}"))
        .limit(DOWNLOAD_LIMIT)
        .run(install)?;
    Ok(vec![("RUSTUP_TOOLCHAIN", toolchain.into())])
}

/// The toolchain that `go.mod` of the SDK names.
fn go() -> Result<Vec<(&'static str, OsString)>, Failure> {
    let toolchain = format!("go{}", value("sdk-go-shim/go.mod", "go ")?);
    let step = Step::new(format!("install {toolchain}"));
    let output = Command::new("go")
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", &toolchain)
        .output()?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "cannot install {toolchain}: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    step.finish("done");
    let installed = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(vec![
        ("GOTOOLCHAIN", "local".into()),
        ("PATH", path_with(installed.join("bin"))?),
    ])
}

/// The Node that `engines` of the SDK begins with, which npm has as a package for each platform.
fn node(build: &Build) -> Result<Vec<(&'static str, OsString)>, Failure> {
    let range = value("sdk-js-shim/package.json", "    \"node\": \"^")?;
    let version = range.split(' ').next().unwrap_or_default();
    let (os, cpu) = build.node;
    let package = format!("node-{os}-{cpu}");
    let folder = root().join(format!("target/tools/node-{version}"));
    let bin = folder.join("node_modules").join(&package).join("bin");
    let step = Step::new(format!("install Node {version}")).limit(DOWNLOAD_LIMIT);
    if bin.join("node").exists() {
        step.finish("already installed");
    } else {
        fs::create_dir_all(&folder)?;
        let mut install = npm(
            &folder,
            ["install", "--silent", "--no-save", "--prefix", "."],
        );
        install.arg(format!("{package}@{version}"));
        step.run(install)?;
    }
    Ok(vec![("PATH", path_with(bin)?)])
}

/// A `python3` that is the version of `requires-python`: of PATH, or of pyenv. Outside CI, the installed one will do.
fn python(folder: &Path) -> Result<Vec<(&'static str, OsString)>, Failure> {
    let required = value("sdk-python-shim/pyproject.toml", "requires-python = \">=")?;
    let version = required.trim_end_matches('"');
    let mut commands = vec![PathBuf::from(format!("python{version}"))];
    if let Ok(output) = Command::new("pyenv").arg("root").output() {
        let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        for entry in fs::read_dir(root.join("versions"))?.flatten() {
            commands.push(entry.path().join(format!("bin/python{version}")));
        }
    }
    let executable = commands.iter().find_map(|command| {
        let mut python = Command::new(command);
        python.args(["-c", "import sys; print(sys.executable)"]);
        let output = python.output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    });
    let Some(executable) = executable else {
        let message = format!(
            "`python{version}` does not start; install Python {version}, the oldest version that the packages promise"
        );
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Err(Failure::new(message));
        }
        step::write_stderr(&format!("    with `python3` instead: {message}\n"));
        return Ok(Vec::new());
    };
    let bin = folder.join("bin");
    fs::create_dir_all(&bin)?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(executable, bin.join("python3"))?;
    Ok(vec![("PATH", path_with(bin)?)])
}

/// What follows `start` in the line of a file that begins with it.
fn value(file: &str, start: &str) -> Result<String, Failure> {
    let text = fs::read_to_string(root().join(file))?;
    text.lines()
        .find_map(|line| line.strip_prefix(start))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("{file} has no line that begins with `{start}`")))
}

/// `PATH` with one folder more, before the others.
fn path_with(folder: PathBuf) -> Result<OsString, Failure> {
    let mut path = vec![folder];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    std::env::join_paths(path).map_err(|error| Failure::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_say_which_version_they_need() {
        let values = [
            value("sdk-rust/Cargo.toml", "rust-version = \""),
            value("sdk-go-shim/go.mod", "go "),
            value("sdk-python-shim/pyproject.toml", "requires-python = \">="),
            value("sdk-js-shim/package.json", "    \"node\": \"^"),
        ];
        for value in values {
            assert!(value.unwrap().starts_with(|c: char| c.is_ascii_digit()));
        }
        let problem = value("sdk-go-shim/go.mod", "node ").unwrap_err();
        let want = "sdk-go-shim/go.mod has no line that begins with `node `";
        assert_eq!(problem.to_string(), want);
    }
}
