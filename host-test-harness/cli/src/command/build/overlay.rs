//! The files of Go's standard library that a build replaces, so that every `http.Transport` sends its requests
//! through the host.

use std::collections::HashMap;
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;
#[cfg(windows)]
use std::os::windows::fs::symlink_dir as symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::Failure;

/// The package of the Go SDK whose folder has the replacements, each with the suffix `.txt`.
const REPLACEMENTS: &str = "spin.test/spinhttp/internal/nethttp";

/// What is replaced: a file of a package of the standard library.
const REPLACED: [(&str, &str); 2] = [("net/http", "roundtrip.go"), ("net", "hook.go")];

/// How `go build` finds the replacements.
pub(super) struct Overlay {
    /// The file for the flag `-overlay`.
    pub(super) file: PathBuf,
    /// A link to the folder of a Go that lies in the cache of modules.
    goroot: Option<PathBuf>,
}

impl Overlay {
    /// Writes the files of an overlay to `scratch`. Returns `None` if the program does not use the Go SDK, or if its
    /// packages cannot be listed; `go build` tells why.
    pub(super) fn write(
        folder: &Path,
        go_arguments: &[String],
        scratch: &Path,
    ) -> Result<Option<Self>, Failure> {
        let folders = package_folders(folder, go_arguments);
        let Some(replacements) = folders.get(REPLACEMENTS) else {
            return Ok(None);
        };
        let goroot = link_to_goroot(folder, scratch)?;
        let mut replace = HashMap::new();
        for (package, file) in REPLACED {
            let Some(original) = folders.get(package) else {
                continue; // The program does not contain the package.
            };
            let original = match &goroot {
                Some((real, link)) => original
                    .strip_prefix(real)
                    .map_or_else(|_| original.clone(), |rest| link.join(rest)),
                None => original.clone(),
            };
            let replacement = replacements.join(format!("{file}.txt"));
            replace.insert(text(&original.join(file)), text(&replacement));
        }
        let file = scratch.join("overlay.json");
        fs::write(&file, serde_json::json!({ "Replace": replace }).to_string())?;
        Ok(Some(Self {
            file,
            goroot: goroot.map(|(_, link)| link),
        }))
    }

    /// The `go` that the overlay is for.
    pub(super) fn go(&self) -> Command {
        let Some(goroot) = &self.goroot else {
            return Command::new("go");
        };
        let mut command = Command::new(goroot.join("bin/go"));
        command.env("GOROOT", goroot).env("GOTOOLCHAIN", "local");
        command
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The folders of all packages of a program, by import path.
fn package_folders(folder: &Path, go_arguments: &[String]) -> HashMap<String, PathBuf> {
    let output = Command::new("go")
        .args(["list", "-deps", "-f", "{{.ImportPath}}={{.Dir}}"])
        .args(go_arguments)
        .arg(".")
        .envs(super::TARGET)
        .current_dir(folder)
        .output();
    let listed = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&listed)
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(package, folder)| (package.to_owned(), PathBuf::from(folder)))
        .collect()
}

/// `go build` refuses to replace files in the cache of modules. A Go that the `go` command has downloaded is in
/// there, so it is used through a link. Returns the folder and the link.
fn link_to_goroot(folder: &Path, scratch: &Path) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    let output = Command::new("go")
        .args(["env", "GOROOT", "GOMODCACHE"])
        .current_dir(folder)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let (Some(goroot), Some(modules)) = (lines.next(), lines.next()) else {
        return Ok(None);
    };
    if !Path::new(goroot).starts_with(modules) {
        return Ok(None);
    }
    let link = scratch.join("goroot");
    symlink(goroot, &link).map_err(|error| {
        Failure::Build(format!(
            "cannot link to {goroot}: {error}; install this version of Go outside the cache of modules"
        ))
    })?;
    Ok(Some((PathBuf::from(goroot), link)))
}
