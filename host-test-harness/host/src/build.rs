//! The build commands of a manifest.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use harness_manifest::{Build, ManifestComponent};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::{Error, ErrorKind};

/// Runs the build commands of `components`, in their order. Commands that several components share run once.
///
/// Their stdout goes to stderr, since stdout may be the result of this process. If the future is dropped, the command
/// that runs is killed, with the processes that it started.
///
/// # Errors
///
/// [`ErrorKind::Build`] if a command does not start or fails.
pub async fn build<'a>(
    components: impl IntoIterator<Item = &'a ManifestComponent>,
) -> Result<(), Error> {
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

async fn run_command(component: &str, command: &str, workdir: &Path) -> Result<(), Error> {
    tracing::info!(component, "building: {command}");
    let failed = |problem: String| {
        let folder = workdir.display();
        let message =
            format!("component `{component}`: the build command `{command}` in {folder} {problem}");
        Error::new(ErrorKind::Build, message)
    };
    if !workdir.is_dir() {
        let folder = workdir.display();
        return Err(Error::new(
            ErrorKind::Build,
            format!(
                "component `{component}`: the folder {folder} of `build.workdir` does not exist; it is relative to the \
                 manifest"
            ),
        ));
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
