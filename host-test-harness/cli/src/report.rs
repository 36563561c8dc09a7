//! What people read on stderr: the log, and why a command failed.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Why a command ends without its result.
pub(crate) enum Failure {
    /// The command line asks for something that cannot be: exit code 2.
    Usage(String),
    /// The harness or the guest failed: exit code 1.
    Harness(spin_harness::Error),
    /// The tools of a guest's language failed: exit code 1.
    Build(String),
    /// A file cannot be used: exit code 1.
    File(String),
    /// The result cannot be written: exit code 1.
    Output(std::io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Build(text) | Self::File(text) => formatter.write_str(text),
            Self::Harness(error) => error.fmt(formatter),
            Self::Output(error) => write!(formatter, "the result cannot be written: {error}"),
        }
    }
}

impl From<spin_harness::Error> for Failure {
    fn from(error: spin_harness::Error) -> Self {
        use spin_harness::ErrorKind;
        if matches!(
            error.kind(),
            ErrorKind::InvalidOption | ErrorKind::InvalidManifest
        ) {
            Self::Usage(error.to_string())
        } else {
            Self::Harness(error)
        }
    }
}

impl From<spin_harness::manifest::ManifestError> for Failure {
    fn from(error: spin_harness::manifest::ManifestError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<spin_harness_cli::conformance::Error> for Failure {
    fn from(error: spin_harness_cli::conformance::Error) -> Self {
        use spin_harness_cli::conformance::Error;
        match error {
            Error::Harness(error) => error.into(),
            error => Self::File(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people: one line each, coloured on a terminal only.
    Human,
    /// For programs: one JSON object a line, with the time.
    Json,
}

/// Sends log lines of `level` and above to stderr.
pub(crate) fn start_log(level: Level, format: LogFormat) {
    // What the libraries below have to say is for their own developers.
    let own = Targets::new()
        .with_target("spin_harness", level)
        .with_target("spin_harness", level)
        .with_default(Level::ERROR);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // It would say on stderr that stderr cannot be written, and panic.
        .log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(own);
    match format {
        LogFormat::Human => registry
            .with(
                lines
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_target(false)
                    .without_time(),
            )
            .init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
}

/// Prints the reason and, for a guest that trapped, where it was.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    let (backtrace, code) = match failure {
        Failure::Usage(_) => (None, 2),
        Failure::Harness(error) => (error.backtrace(), 1),
        Failure::Build(_) | Failure::File(_) | Failure::Output(_) => (None, 1),
    };
    let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let mut stderr = anstream::stderr().lock();
    // A closed stderr leaves nowhere to complain.
    drop(writeln!(stderr, "{red}error:{red:#} {failure}"));
    if let Some(backtrace) = backtrace {
        drop(writeln!(stderr, "{}", backtrace.trim_end()));
    }
    ExitCode::from(code)
}
