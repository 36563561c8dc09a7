//! `up --build`: runs the build commands of the components.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use spin_harness::manifest::{Build, ManifestComponent};

use crate::report::Failure;

/// Folders whose files are the output of builds, which no pattern of `watch` means.
const OUTPUT_FOLDERS: [&str; 3] = [".git", "node_modules", "target"];

/// Runs the build commands of `components`, in their order. Commands that several components share run once.
///
/// Their stdout goes to stderr, since the stdout of `up` is its result.
pub(super) fn run<'a>(
    components: impl IntoIterator<Item = &'a ManifestComponent>,
) -> Result<(), Failure> {
    let mut done: Vec<&Build> = Vec::new();
    for component in components {
        let Some(build) = &component.build else {
            continue;
        };
        let is_same =
            |other: &&Build| other.commands == build.commands && other.workdir == build.workdir;
        if done.iter().any(is_same) {
            continue;
        }
        for command in &build.commands {
            run_command(&component.id, command, &build.workdir)?;
        }
        done.push(build);
    }
    Ok(())
}

fn run_command(component: &str, command: &str, workdir: &Path) -> Result<(), Failure> {
    tracing::info!(component, "building: {command}");
    let failed = |problem: String| {
        Failure::Build(format!(
            "component `{component}`: the build command `{command}` in {} {problem}",
            workdir.display()
        ))
    };
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let status = Command::new(shell)
        .args([flag, command])
        .current_dir(workdir)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| failed(format!("does not start: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("failed: {status}")))
    }
}

/// The files that the patterns of `watch` match, sorted.
pub(super) fn watched_files(build: &Build) -> Vec<PathBuf> {
    let folder = glob::Pattern::escape(&build.workdir.to_string_lossy());
    let matches = build.watch.iter().filter_map(|pattern| {
        // A pattern that is not valid matches nothing.
        glob::glob(&format!("{folder}/{pattern}")).ok()
    });
    let mut files: Vec<PathBuf> = matches
        .flat_map(|paths| paths.flatten())
        .filter(|path| path.is_file() && !is_output(path, &build.workdir))
        .collect();
    files.sort();
    files.dedup();
    files
}

fn is_output(path: &Path, workdir: &Path) -> bool {
    let path = path.strip_prefix(workdir).unwrap_or(path);
    path.components()
        .any(|part| OUTPUT_FOLDERS.iter().any(|name| part.as_os_str() == *name))
}
