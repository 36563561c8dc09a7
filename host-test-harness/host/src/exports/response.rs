//! What HTTP demands of a guest's response, whichever interface it came through (RFC 9110 sections 6.4.1, 7.6.1 and
//! 15).

use bytes::Bytes;
use harness_outbound::headers::remove_hop_by_hop;
use harness_outbound::{Body, BodyError};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::{Error, ErrorKind, Limits};

/// What is sent of a response's body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// All of it.
    Body,
    /// Its length: the request was a HEAD.
    Length,
    /// Nothing, with the guest's `content-length`: 304.
    NotModified,
    /// Nothing, without a length: 204.
    None,
}

/// A status that a response cannot have.
#[derive(Debug, thiserror::Error)]
#[error("status {0}; a response has 200 to 999")]
pub(crate) struct InvalidStatus(pub(crate) u16);

/// Checks the status of a response to a request of `method`, and removes the fields that describe a connection.
pub(crate) fn finish_head(
    status: StatusCode,
    headers: &mut HeaderMap,
    method: &Method,
) -> Result<Content, InvalidStatus> {
    if status.is_informational() {
        return Err(InvalidStatus(status.as_u16()));
    }
    remove_hop_by_hop(headers);
    Ok(match status {
        StatusCode::NO_CONTENT => Content::None,
        StatusCode::NOT_MODIFIED => Content::NotModified,
        _ if method == Method::HEAD => Content::Length,
        _ => Content::Body,
    })
}

impl Content {
    /// Sets the length of a response whose body of `body_bytes` is not sent.
    pub(crate) fn without_body(self, headers: &mut HeaderMap, body_bytes: usize) {
        match self {
            Self::None => {
                headers.remove(CONTENT_LENGTH);
            }
            // The length that a GET would have had, if the guest produced a body.
            Self::Length if body_bytes > 0 => {
                headers
                    .entry(CONTENT_LENGTH)
                    .or_insert_with(|| HeaderValue::from(body_bytes));
            }
            Self::Length | Self::NotModified | Self::Body => {}
        }
    }
}

/// A response with its whole body.
pub(crate) async fn read_to_end(
    response: Response<Body>,
    limits: &Limits,
) -> Result<Response<Bytes>, Error> {
    let (head, mut body) = response.into_parts();
    let bytes = body
        .read_to_end(limits.response_body_bytes)
        .await
        .map_err(|error| match Error::try_from(error) {
            Ok(error) => error,
            Err(error) => body_error("the response body", error),
        })?;
    Ok(Response::from_parts(head, Bytes::from(bytes)))
}

/// The error for a body that cannot be read. A failed guest's own error is its source and keeps its kind.
pub(crate) fn body_error(what: &str, error: BodyError) -> Error {
    let message = format!("{what}: {error}");
    match error {
        BodyError::TooLarge { .. } => Error::new(ErrorKind::LimitReached, message),
        BodyError::Producer { source, .. } => {
            let kind = source
                .downcast_ref()
                .map_or(ErrorKind::BodyAborted, Error::kind);
            Error::new(kind, message).with_source(source)
        }
        BodyError::Aborted(source) => {
            Error::new(ErrorKind::BodyAborted, message).with_source(source)
        }
        BodyError::Transport(failure) => {
            Error::new(ErrorKind::BodyAborted, message).with_source(failure)
        }
    }
}
