//! What can go wrong between an embedder and a guest.

use std::error::Error as StdError;
use std::fmt;

use harness_manifest::{ManifestError, ManifestErrorKind};

/// Why a component could not be loaded, or an invocation has no result.
///
/// [`Display`](fmt::Display) is one sentence; [`Error::guest_stderr`] and [`Error::backtrace`]
/// carry what a person needs next.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    guest_stderr: String,
    backtrace: Option<String>,
}

/// The kinds of [`Error`], stable for programs to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The harness cannot be built from these options.
    InvalidOption,
    /// A manifest is not valid; the message names the file, the line and the key.
    InvalidManifest,
    /// A file cannot be read.
    Io,
    /// The bytes are no component, or not one that this harness can run.
    InvalidComponent,
    /// The bytes are no core module, or not one that can be made a component.
    InvalidModule,
    /// The guest ended in a trap, a panic among them.
    Trap,
    /// The guest ended its instance by an exit call while a response was due.
    Exited,
    /// The invocation did not end within the limit on wall time.
    WallTimeReached,
    /// Another limit ended the invocation; the message names it.
    LimitReached,
    /// The guest answered with a status or header that HTTP does not have.
    InvalidResponse,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
            guest_stderr: String::new(),
            backtrace: None,
        }))
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_guest_stderr(mut self, text: String) -> Self {
        self.0.guest_stderr = text;
        self
    }

    pub(crate) fn with_backtrace(mut self, backtrace: Option<String>) -> Self {
        self.0.backtrace = backtrace;
        self
    }

    /// Puts the file's name before the message.
    pub(crate) fn in_file(mut self, path: &std::path::Path) -> Self {
        self.0.message = format!("{}: {}", path.display(), self.0.message);
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The end of what the guest wrote to stderr, at most [`STDERR_TAIL_BYTES`](crate::STDERR_TAIL_BYTES);
    /// empty where no guest ran.
    #[must_use]
    pub fn guest_stderr(&self) -> &str {
        &self.0.guest_stderr
    }

    /// Where in the guest it happened, a line a frame, with the function names that the component carries.
    #[must_use]
    pub fn backtrace(&self) -> Option<&str> {
        self.0.backtrace.as_deref()
    }
}

/// The kind is [`ErrorKind::Io`] for a file that cannot be read, and [`ErrorKind::InvalidManifest`] otherwise.
impl From<ManifestError> for Error {
    fn from(error: ManifestError) -> Self {
        let is_io = matches!(
            error.kind(),
            ManifestErrorKind::Io | ManifestErrorKind::MissingFile
        );
        let kind = if is_io {
            ErrorKind::Io
        } else {
            ErrorKind::InvalidManifest
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .field("guest_stderr", &self.0.guest_stderr)
            .field("backtrace", &self.0.backtrace)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
