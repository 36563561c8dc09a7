//! `up --build`: runs the build commands of the components.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use spin_harness::manifest::{Build, ManifestComponent};
use tokio::process::{Child, Command};

use crate::report::Failure;

/// Folders whose files are the output of builds, which no pattern of `watch` means.
const OUTPUT_FOLDERS: [&str; 3] = [".git", "node_modules", "target"];

/// Runs the build commands of `components`, in their order. Commands that several components share run once.
///
/// Their stdout goes to stderr, since the stdout of `up` is its result. If the future is dropped, the command that runs is
/// killed, with the processes that it started.
pub(super) async fn run(
    components: impl IntoIterator<Item = &ManifestComponent>,
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
            run_command(&component.id, command, &build.workdir).await?;
        }
        done.push(build);
    }
    Ok(())
}

async fn run_command(component: &str, command: &str, workdir: &Path) -> Result<(), Failure> {
    tracing::info!(component, "building: {command}");
    let failed = |problem: String| {
        Failure::Build(format!(
            "component `{component}`: the build command `{command}` in {} {problem}",
            workdir.display()
        ))
    };
    if !workdir.is_dir() {
        return Err(Failure::Build(format!(
            "component `{component}`: the folder {} of `build.workdir` does not exist; it is relative to the manifest",
            workdir.display()
        )));
    }
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut process = Command::new(shell);
    process
        .args([flag, command])
        .current_dir(workdir)
        .stdin(Stdio::null())
        .stdout(std::io::stderr());
    #[cfg(unix)]
    process.process_group(0);
    let child = process
        .spawn()
        .map_err(|error| failed(format!("does not start: {error}")))?;
    let status = ProcessGroup(child)
        .wait()
        .await
        .map_err(|error| failed(format!("failed: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("failed: {status}")))
    }
}

/// A command in a process group of its own, which is killed when this is dropped before the command has ended.
struct ProcessGroup(Child);

impl ProcessGroup {
    async fn wait(mut self) -> io::Result<ExitStatus> {
        self.0.wait().await
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // `id` is `None` once the command has ended.
        #[cfg(unix)]
        if let Some(group) = self.0.id()
            && let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw)
        {
            // The group may have ended meanwhile.
            let _ended = kill_process_group(group, Signal::KILL);
        }
        #[cfg(not(unix))]
        drop(self.0.start_kill());
    }
}

/// The files that the patterns of `watch` match, sorted.
pub(super) fn watched_files(build: &Build) -> Vec<PathBuf> {
    let folder = glob::Pattern::escape(&build.workdir.to_string_lossy());
    let matches = build.watch.iter().filter_map(|pattern| {
        // The manifest's reader has refused patterns that are not valid.
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
