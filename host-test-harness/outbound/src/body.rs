//! The body of a request or response inside the host: buffered, or streaming.

mod bounded;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use crate::BoxError;
use crate::transport::body_failure;
use crate::transport::error::{TransportError, TransportFailure};

pub use bounded::Bounded;

/// A body.
#[derive(Debug)]
pub enum Body {
    /// In memory.
    Buffered(Full<Bytes>),
    /// The body of an upstream's response.
    Network(Incoming),
    /// Any other.
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Why reading a body failed.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It exceeds its limit.
    #[error("the body exceeds the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The guest that produces it failed.
    #[error("{source}")]
    Producer {
        /// Why.
        source: BoxError,
        /// What a person needs to find the reason: the end of the guest's stderr, and a backtrace. May be empty.
        details: String,
    },
    /// The guest that produces it gave it up, or the client's connection that it comes from broke.
    #[error("the body was aborted: {0}")]
    Aborted(BoxError),
    /// The exchange that it belongs to failed.
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

/// The connection that a body is received from broke.
impl From<hyper::Error> for BodyError {
    fn from(error: hyper::Error) -> Self {
        Self::Aborted(error.into())
    }
}

impl From<TransportError> for BodyError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error.into())
    }
}

impl Body {
    /// Boxes a streaming body.
    pub fn stream<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        Self::Stream(body.boxed_unsync())
    }

    /// Its bytes, if they are in memory.
    pub(crate) fn in_memory(&self) -> Option<Bytes> {
        // Nothing is left to read, so that there is nothing to keep.
        if self.is_end_stream() {
            return Some(Bytes::new());
        }
        match self {
            Self::Buffered(body) => {
                // It neither waits nor fails.
                let mut context = Context::from_waker(Waker::noop());
                let polled = Pin::new(&mut body.clone()).poll_frame(&mut context);
                let Poll::Ready(Some(Ok(frame))) = polled else {
                    return Some(Bytes::new());
                };
                Some(frame.into_data().unwrap_or_default())
            }
            Self::Network(_) | Self::Stream(_) => None,
        }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    ///
    /// [`BodyError::TooLarge`] if it has more than `limit` bytes, and any error of the body itself.
    pub async fn read_to_end(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let declared = usize::try_from(self.size_hint().lower()).unwrap_or(usize::MAX);
        let mut body = Bounded::new(self, limit);
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if bytes.is_empty() && data.len() >= declared {
                bytes = Vec::from(data);
            } else {
                bytes.reserve(declared.saturating_sub(bytes.len()));
                bytes.extend_from_slice(&data);
            }
        }
        Ok(bytes)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Buffered(Full::new(bytes))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Buffered(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Network(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|error| body_failure(error).into()),
            Self::Stream(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Buffered(body) => body.is_end_stream(),
            Self::Network(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Buffered(body) => body.size_hint(),
            Self::Network(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body in pieces, without a known length.
    struct Pieces(Vec<&'static str>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            let piece = self.0.pop().map(|piece| Frame::data(Bytes::from(piece)));
            Poll::Ready(piece.map(Ok))
        }
    }

    #[tokio::test]
    async fn a_body_is_read_whole_or_refused() {
        let pieces = || Body::stream(Pieces(vec!["f", "cde", "", "ab"]));
        let whole = || Body::from(Bytes::from("abcdef"));
        for (mut body, limit, want) in [
            (pieces(), 6, Some("abcdef")),
            (pieces(), 5, None),
            (whole(), 6, Some("abcdef")),
            (whole(), 5, None),
            (Body::from(Bytes::new()), 0, Some("")),
        ] {
            match (body.read_to_end(limit).await, want) {
                (Ok(got), Some(want)) => assert_eq!(got, want.as_bytes()),
                (Err(BodyError::TooLarge { limit: got }), None) => assert_eq!(got, limit),
                (got, want) => panic!("limit {limit}: got {got:?}, want {want:?}"),
            }
        }
    }
}
