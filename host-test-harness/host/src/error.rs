//! What can go wrong between an embedder and a guest.

use std::error::Error as StdError;
use std::fmt;

use harness_manifest::{ManifestError, ManifestErrorKind};
use harness_outbound::{BodyError, PeerError};

/// Why a component could not be loaded, or an invocation has no result.
///
/// [`Display`](fmt::Display) is one sentence; [`Error::guest_stderr`] and [`Error::backtrace`]
/// carry more of what a person needs.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    guest_stderr: String,
    backtrace: Option<String>,
}

/// The kinds of [`Error`], for programs to match on. [`ErrorKind::as_str`] has their stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option has an invalid value.
    InvalidOption,
    /// The WebAssembly engine does not start.
    Engine,
    /// A file cannot be read, or an address cannot be listened on.
    Io,
    /// A build command of a manifest failed.
    Build,
    /// A manifest is invalid; the message names the file, the line and the key.
    InvalidManifest,
    /// The bytes are not a component, or not one that this harness can run.
    InvalidComponent,
    /// The bytes are not a core module, or not one that can be componentized.
    InvalidModule,
    /// The request is not valid HTTP.
    InvalidRequest,
    /// The guest trapped, for example by a panic.
    Trap,
    /// The guest exited while a response was due.
    Exited,
    /// The invocation exceeded its wall-time limit.
    WallTimeReached,
    /// The invocation exceeded another limit, which the message names.
    LimitReached,
    /// A body was aborted before it was complete.
    BodyAborted,
    /// The guest's response is not valid HTTP, or the guest sent none.
    InvalidResponse,
    /// The guest of `wasi:http` returned an error-code instead of a response, for which a server answers 500.
    ErrorCode,
}

impl ErrorKind {
    /// The stable name of the kind, such as `invalid-component`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidOption => "invalid-option",
            Self::Engine => "engine",
            Self::Io => "io",
            Self::Build => "build",
            Self::InvalidManifest => "invalid-manifest",
            Self::InvalidComponent => "invalid-component",
            Self::InvalidModule => "invalid-module",
            Self::InvalidRequest => "invalid-request",
            Self::Trap => "trap",
            Self::Exited => "exited",
            Self::WallTimeReached => "wall-time-reached",
            Self::LimitReached => "limit-reached",
            Self::BodyAborted => "body-aborted",
            Self::InvalidResponse => "invalid-response",
            Self::ErrorCode => "error-code",
        }
    }
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

    /// Prefixes the message with the file's name.
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
    /// empty if no guest ran.
    #[must_use]
    pub fn guest_stderr(&self) -> &str {
        &self.0.guest_stderr
    }

    /// Where in the guest it happened: one line for each frame, with the function names of the component.
    #[must_use]
    pub fn backtrace(&self) -> Option<&str> {
        self.0.backtrace.as_deref()
    }
}

impl Error {
    /// What a person needs beyond the sentence: the end of the guest's stderr, and the backtrace. May be empty.
    #[must_use]
    pub fn details(&self) -> String {
        let mut details = String::new();
        for part in [Some(self.guest_stderr()), self.backtrace()]
            .into_iter()
            .flatten()
        {
            let part = part.trim_end();
            if !details.is_empty() && !part.is_empty() {
                details.push('\n');
            }
            details.push_str(part);
        }
        details
    }

    /// The backtrace as a field of a log line, on lines of its own.
    pub(crate) fn backtrace_for_log(&self) -> Option<tracing::field::DisplayValue<String>> {
        let backtrace = self.backtrace()?;
        Some(tracing::field::display(format!(
            "\n{}",
            backtrace.trim_end()
        )))
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

/// The body of a guest that failed.
impl From<Error> for BodyError {
    fn from(error: Error) -> Self {
        Self::Producer {
            details: error.details(),
            source: error.into(),
        }
    }
}

/// The guest's own error, if the body failed because its guest did.
impl TryFrom<BodyError> for Error {
    type Error = BodyError;

    fn try_from(error: BodyError) -> Result<Self, BodyError> {
        let BodyError::Producer { source, details } = error else {
            return Err(error);
        };
        match source.downcast::<Self>() {
            Ok(error) => Ok(*error),
            Err(source) => Err(BodyError::Producer { source, details }),
        }
    }
}

impl From<Error> for PeerError {
    fn from(error: Error) -> Self {
        Self::Failed {
            details: error.details(),
            source: error.into(),
        }
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
