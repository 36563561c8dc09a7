//! Why a driver's request has no result.

use schemars::JsonSchema;
use serde::Serialize;
use spin_harness::ErrorKind;
use spin_harness::har::HarError;
use spin_harness::manifest::ManifestError;
use spin_harness::mocks::InvalidMockFile;
use spin_harness::outbound::BodyError;

/// Why a request of a driver has no result.
#[derive(Debug, Clone, Serialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The stable name of the kind: one of [`ErrorKind::as_str`], `invalid-mock`, `invalid-recording` or `closed`.
    pub kind: &'static str,
    /// One sentence.
    #[serde(skip)]
    pub message: String,
    /// The end of what the guest wrote to stderr; empty if no guest ran.
    pub guest_stderr: String,
    /// Where in the guest it happened: one line for each frame.
    pub backtrace: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of_kind(kind.as_str(), message)
    }

    pub(crate) fn invalid_mock(message: impl Into<String>) -> Self {
        Self::of_kind("invalid-mock", message)
    }

    pub(crate) fn closed() -> Self {
        Self::of_kind(
            "closed",
            "the application is closed; close it after its last response",
        )
    }

    /// A stream was closed, by its user, before it ended.
    #[must_use]
    pub fn stream_closed() -> Self {
        Self::of_kind(
            "closed",
            "the stream is closed; close it after the last piece of its response",
        )
    }

    pub(crate) fn server_in_virtual_time() -> Self {
        Self::new(
            ErrorKind::InvalidOption,
            "virtual time does not wait for the clients of a server; send requests in memory, or leave `virtual_time` out",
        )
    }

    pub(crate) fn streams_in_virtual_time() -> Self {
        Self::new(
            ErrorKind::InvalidOption,
            "virtual time does not wait for the pieces of a stream; send and read whole bodies, or leave `virtual_time` \
             out",
        )
    }

    fn of_kind(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            guest_stderr: String::new(),
            backtrace: None,
        }
    }
}

impl From<spin_harness::Error> for Failure {
    fn from(error: spin_harness::Error) -> Self {
        Self {
            kind: error.kind().as_str(),
            message: error.to_string(),
            guest_stderr: error.guest_stderr().to_owned(),
            backtrace: error.backtrace().map(str::to_owned),
        }
    }
}

/// The body of a response cannot be read.
impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let message = format!("the response body: {error}");
        match spin_harness::Error::try_from(error) {
            Ok(error) => error.into(),
            Err(BodyError::TooLarge { .. }) => Self::new(ErrorKind::LimitReached, message),
            Err(BodyError::Producer { details, .. }) => Self {
                guest_stderr: details,
                ..Self::new(ErrorKind::BodyAborted, message)
            },
            Err(BodyError::Aborted(_) | BodyError::Transport(_)) => {
                Self::new(ErrorKind::BodyAborted, message)
            }
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        spin_harness::Error::from(error).into()
    }
}

impl From<InvalidMockFile> for Failure {
    fn from(error: InvalidMockFile) -> Self {
        Self::invalid_mock(error.to_string())
    }
}

impl From<HarError> for Failure {
    fn from(error: HarError) -> Self {
        Self::of_kind("invalid-recording", error.to_string())
    }
}
