//! Why the server responds in place of the guest, and with which status.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::{Error, ErrorKind};

/// Why a request has no response of a guest. The message is for the log, not for the client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error("the header section exceeds the limit of {bytes} bytes or {fields} fields")]
    HeadersTooLarge { bytes: usize, fields: usize },
    #[error("invalid or repeated `host` header")]
    InvalidHost,
    #[error("the request body exceeds the limit of {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("timed out after {0:?} waiting for the request body")]
    BodyTimeout(Duration),
    #[error("the client cut off the request body: {0}")]
    BodyCutOff(#[source] Box<dyn StdError + Send + Sync>),
    #[error(
        "timed out after {waited:?} waiting for an instance: half of the limit of {instances} instances \
         was in use; `--max-instances` raises it"
    )]
    NoInstance { instances: u32, waited: Duration },
    #[error(transparent)]
    Guest(#[from] Error),
}

impl ServeError {
    fn status(&self) -> StatusCode {
        match self {
            Self::HeadersTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::InvalidHost | Self::BodyCutOff(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::NoInstance { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Guest(error) if error.kind() == ErrorKind::WallTimeReached => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::Guest(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a person needs beyond the message, as [`Error::details`] has it. May be empty.
    pub(super) fn details(&self) -> String {
        match self {
            Self::Guest(error) => error.details(),
            Self::HeadersTooLarge { .. }
            | Self::InvalidHost
            | Self::BodyTooLarge { .. }
            | Self::BodyTimeout(_)
            | Self::BodyCutOff(_)
            | Self::NoInstance { .. } => String::new(),
        }
    }

    /// The response that the client gets: the status, and its name as the body.
    pub(super) fn response(&self) -> Response<Bytes> {
        let status = self.status();
        let mut response = Response::new(Bytes::from(format!("{status}\n")));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }
}
