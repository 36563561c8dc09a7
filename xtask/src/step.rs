//! One named step: commands with their progress, their time and their bound.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use wait_timeout::ChildExt as _;

/// How long one command of a step may take unless the step says otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_secs(45 * 60);

/// Why a command of xtask did not end well.
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

/// A step under way: its name stands on the screen, its time follows.
pub(crate) struct Step {
    name: String,
    limit: Duration,
    started: Instant,
}

impl Step {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        heading(&name);
        Self {
            name,
            limit: DEFAULT_LIMIT,
            started: Instant::now(),
        }
    }

    /// Bounds each command of the step, for one that may hang, such as a download.
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs one command, whose output is this process's.
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

    /// Ends the step with what was found.
    pub(crate) fn finish(self, found: &str) {
        write_stderr(&format!(
            "    {found} ({:.1} s)\n",
            self.started.elapsed().as_secs_f64()
        ));
    }

    fn run_one(&self, command: &mut Command) -> Result<(), Failure> {
        let described = describe(command);
        let failure =
            |problem: String| Failure::new(format!("{}: `{described}` {problem}", self.name));
        let mut child = command
            .spawn()
            .map_err(|error| failure(format!("does not start: {error}")))?;
        match child.wait_timeout(self.limit)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(failure(format!("failed: {status}"))),
            None => {
                child.kill()?;
                child.wait()?;
                Err(failure(format!("did not end within {:?}", self.limit)))
            }
        }
    }
}

/// `cargo` with arguments, in the root of the checkout.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::root());
    without_own_environment(&mut command);
    command
}

/// Takes away what Cargo says of xtask itself. It would count as a change in build scripts that look at it,
/// and they would run again after each `cargo` typed by hand; and another toolchain has a `cargo` of its own.
pub(crate) fn without_own_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_own = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if is_own || text == "CARGO" {
            command.env_remove(&name);
        }
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

/// A result on stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

fn heading(name: &str) {
    write_stderr(&format!("{} {name}\n", coloured("1;36", "==>")));
}

/// Says what went wrong.
pub(crate) fn error(failure: &Failure) {
    write_stderr(&format!("{} {failure}\n", coloured("1;31", "error:")));
}

/// Progress; a closed stderr leaves nowhere to complain.
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
