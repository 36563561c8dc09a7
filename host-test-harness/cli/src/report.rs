//! What a user reads on stderr: the log, and why a command failed.

mod log_queue;
pub(crate) mod progress;

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;
use std::time::Duration;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use outbound_policy::display::printable;
use tracing::Level;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::ExitStatus;
use log_queue::LogQueue;

/// How long the last records of the log may take.
const LAST_RECORDS: Duration = Duration::from_secs(1);

/// The events that are part of a tree.
const IN_TREE: [&str; 3] = [
    "spin_harness::inbound",
    "spin_harness::outbound",
    "spin_harness::guest",
];

/// The log of a server. Logging does not wait until stderr is read.
static QUEUE: OnceLock<LogQueue> = OnceLock::new();

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is wrong, whatever the files that it names contain: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The harness or the guest failed: exit code 1.
    #[error(transparent)]
    Harness(#[from] spin_harness::Error),
    /// The toolchain of a guest's language failed: exit code 1.
    #[error("{0}")]
    Build(String),
    /// A file cannot be read, or its contents are invalid: exit code 1.
    #[error("{0}")]
    File(String),
    /// The result cannot be written: exit code 1.
    #[error("cannot write the result: {0}")]
    Output(#[from] std::io::Error),
}

impl From<spin_harness::manifest::ManifestError> for Failure {
    fn from(error: spin_harness::manifest::ManifestError) -> Self {
        Self::Harness(error.into())
    }
}

impl From<crate::conformance::Error> for Failure {
    fn from(error: crate::conformance::Error) -> Self {
        use crate::conformance::Error;
        match error {
            Error::Harness(error) => error.into(),
            error @ (Error::Io { .. } | Error::InvalidFile { .. }) => Self::File(error.to_string()),
        }
    }
}

/// The format of log lines.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line per event, coloured on a terminal.
    Human,
    /// One JSON object per line, with a timestamp.
    Json,
    /// As `human`, but a request is logged when it has its response, with its calls and what the guests wrote beneath it.
    /// For `up` only.
    Tree,
}

/// Writes the log through a queue, from the next [`start_log`] on.
pub(crate) fn queue_log() -> io::Result<()> {
    let queue = LogQueue::start(log_queue::MAX_BYTES, io::stderr())?;
    QUEUE.get_or_init(|| queue);
    Ok(())
}

/// Waits until the last records of a queued log are written, but no longer than a second.
pub(crate) fn flush_log() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(LAST_RECORDS);
    }
}

/// Writes events of `level` and above to stderr.
pub(crate) fn start_log(level: Level, format: LogFormat) {
    // Below errors, the events of other libraries are for their developers.
    let mut own = Targets::new()
        .with_target("spin_harness", level)
        .with_default(Level::ERROR);
    if format == LogFormat::Tree {
        own = own.with_targets(IN_TREE.map(|target| (target, LevelFilter::OFF)));
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(match QUEUE.get() {
            Some(queue) => BoxMakeWriter::new(queue.clone()),
            None => BoxMakeWriter::new(io::stderr),
        })
        // It would report on stderr that stderr cannot be written, and panic.
        .log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(own);
    match format {
        LogFormat::Human | LogFormat::Tree => registry
            .with(
                lines
                    .with_ansi(io::stderr().is_terminal())
                    .with_target(false)
                    .without_time()
                    .fmt_fields(format::debug_fn(write_field).delimited(" ")),
            )
            .init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
}

/// Writes text to stderr as it is, through the queue if there is one.
pub(crate) fn write(text: &str) {
    match QUEUE.get() {
        Some(queue) => queue.push(text.as_bytes()),
        // If stderr is closed, nobody can be told.
        None => drop(io::stderr().lock().write_all(text.as_bytes())),
    }
}

/// Writes a field of an event for people. The further lines of a message are indented, and control characters are
/// escaped: a guest must not write what looks like a line of the harness.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() == "message" {
        let text = format!("{value:?}");
        let lines: Vec<_> = text.split('\n').map(printable_line).collect();
        return writer.write_str(&lines.join("\n    "));
    }
    let (name, equals) = if writer.has_ansi_escapes() {
        (Style::new().italic(), Style::new().dimmed())
    } else {
        (Style::new(), Style::new())
    };
    write!(
        writer,
        "{name}{}{name:#}{equals}={equals:#}{value:?}",
        field.name()
    )
}

/// [`printable`], with tabs.
fn printable_line(line: &str) -> String {
    let parts: Vec<_> = line.split('\t').map(printable).collect();
    parts.join("\t")
}

/// Prints the error and, if the guest trapped, its backtrace.
pub(crate) fn failure(failure: &Failure) -> ExitStatus {
    let (backtrace, code) = match failure {
        Failure::Usage(_) => (None, 2),
        Failure::Harness(error) => (error.backtrace(), 1),
        Failure::Build(_) | Failure::File(_) | Failure::Output(_) => (None, 1),
    };
    let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let mut text = AutoStream::new(Vec::new(), AutoStream::choice(&io::stderr()));
    // Nothing that is written to memory fails.
    drop(writeln!(text, "{red}error:{red:#} {failure}"));
    if let Some(backtrace) = backtrace {
        drop(writeln!(text, "{}", backtrace.trim_end()));
    }
    write(&String::from_utf8_lossy(&text.into_inner()));
    ExitStatus::from(code)
}
