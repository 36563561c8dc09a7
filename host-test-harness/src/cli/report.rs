//! What people read on stderr: the log, and why a command failed.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use tracing::Level;

/// Why a command ends without its result.
pub(crate) enum Failure {
    /// The command line asks for something that cannot be: exit code 2.
    Usage(String),
    /// The harness or the guest failed: exit code 1.
    Harness(host_test_harness::Error),
    /// The result cannot be written: exit code 1.
    Output(std::io::Error),
}

impl From<host_test_harness::Error> for Failure {
    fn from(error: host_test_harness::Error) -> Self {
        if error.kind() == host_test_harness::ErrorKind::InvalidOption {
            Self::Usage(error.to_string())
        } else {
            Self::Harness(error)
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

/// Sends log lines to stderr, coloured on a terminal only.
pub(crate) fn start_log(verbose: bool) {
    tracing_subscriber::fmt()
        .with_max_level(if verbose { Level::INFO } else { Level::WARN })
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        // It would say on stderr that stderr cannot be written, and panic.
        .log_internal_errors(false)
        .init();
}

/// Prints the reason and, for a guest that trapped, where it was.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    let (text, backtrace, code) = match failure {
        Failure::Usage(text) => (text.clone(), None, 2),
        Failure::Harness(error) => (error.to_string(), error.backtrace(), 1),
        Failure::Output(error) => (format!("the result cannot be written: {error}"), None, 1),
    };
    let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let mut stderr = anstream::stderr().lock();
    // A closed stderr leaves nowhere to complain.
    drop(writeln!(stderr, "{red}error:{red:#} {text}"));
    if let Some(backtrace) = backtrace {
        drop(writeln!(stderr, "{}", backtrace.trim_end()));
    }
    ExitCode::from(code)
}
