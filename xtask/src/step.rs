//! A named step: commands that run in order, each with a time limit.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use wait_timeout::ChildExt as _;

/// The time limit of each command of a step, unless the step sets its own.
const DEFAULT_LIMIT: Duration = Duration::from_secs(45 * 60);

/// Why a command of xtask failed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    pub(crate) exit_code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit_code: 1,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit_code: 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// A running step. Its name is printed at the start and its duration at the end.
pub(crate) struct Step {
    name: String,
    limit: Duration,
    started: Instant,
    /// Whether the commands run in process groups of their own, so that a time limit ends their descendants too.
    /// Not in a terminal, whose Ctrl-C reaches only the group of xtask.
    has_groups: bool,
}

impl Step {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        write_stderr(&format!("{} {name}\n", coloured("1;36", "==>")));
        Self {
            name,
            limit: DEFAULT_LIMIT,
            started: Instant::now(),
            has_groups: cfg!(unix) && !io::stdin().is_terminal(),
        }
    }

    /// Sets the time limit of each command of the step.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs one command, which inherits stdout and stderr.
    pub(crate) fn run(self, command: Command) -> Result<(), Failure> {
        self.run_all([command])
    }

    /// Runs commands in order and stops at the first that fails.
    pub(crate) fn run_all(
        self,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<(), Failure> {
        for mut command in commands {
            self.run_one(&mut command)?;
        }
        self.finish("done");
        Ok(())
    }

    /// Prints the outcome and the duration of the step.
    pub(crate) fn finish(self, outcome: &str) {
        write_stderr(&format!(
            "    {outcome} ({:.1} s)\n",
            self.started.elapsed().as_secs_f64()
        ));
    }

    fn run_one(&self, command: &mut Command) -> Result<(), Failure> {
        let described = describe(command);
        let failure =
            |problem: String| Failure::new(format!("{}: `{described}` {problem}", self.name));
        #[cfg(unix)]
        if self.has_groups {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let mut child = command
            .spawn()
            .map_err(|error| failure(format!("does not start: {error}")))?;
        match child.wait_timeout(self.limit)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(failure(format!("failed: {status}"))),
            None => {
                self.kill(&mut child)?;
                Err(failure(format!("timed out after {:?}", self.limit)))
            }
        }
    }

    /// Kills `child` and, if it has a process group of its own, its descendants.
    fn kill(&self, child: &mut Child) -> io::Result<()> {
        #[cfg(unix)]
        if self.has_groups {
            use rustix::process::{Pid, Signal, kill_process_group};
            kill_process_group(Pid::from_child(child), Signal::KILL)?;
        }
        child.kill()?;
        child.wait().map(drop)
    }
}

fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Prints a result to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Prints an error to stderr.
pub(crate) fn print_error(failure: &Failure) {
    write_stderr(&format!("{} {failure}\n", coloured("1;31", "error:")));
}

/// Prints progress to stderr. An error is ignored, since it could be reported only there.
pub(crate) fn write_stderr(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

fn coloured(code: &str, text: &str) -> String {
    if io::stderr().is_terminal() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_time_limit_ends_the_descendants_of_a_command() {
        // The shell and its child hold the writing end, which reading to the end waits for.
        let (mut output, held_by_descendants) = io::pipe().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 60 & wait"])
            .stdout(Stdio::from(held_by_descendants));
        let started = Instant::now();
        let step = Step {
            has_groups: true,
            ..Step::new("sleep").limit(Duration::from_millis(100))
        };
        let failure = step.run(command).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "sleep: `sh -c sleep 60 & wait` timed out after 100ms"
        );
        output.read_to_end(&mut Vec::new()).unwrap();
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            started.elapsed()
        );
    }

    #[test]
    fn a_step_stops_at_the_first_command_that_fails() {
        let missing = Step::new("two commands").run_all([
            Command::new("false"),
            Command::new("a-program-that-does-not-exist"),
        ]);
        let failure = missing.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "two commands: `false` failed: exit status: 1"
        );
    }
}
