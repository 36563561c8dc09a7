//! The body of a request or response inside the host: held whole, or handed on as it comes.

pub(crate) mod counted;

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use crate::Error;
use crate::wasi_http::response_body::GuestBody;

/// A body. Only guests of `wasi:http` read and write one piece by piece; all others have it whole.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Full<Bytes>),
    /// Read from a connection.
    Network(Incoming),
    /// Written by a guest that is still running.
    Guest(Box<GuestBody>),
    /// Any other, such as one that counts what passes.
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Why a body has no end.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It exceeds its limit, in bytes.
    TooLarge(usize),
    /// The guest that wrote it has failed.
    Guest(Error),
    /// The guest that wrote it gave it up, or the connection that it came from broke.
    Cut(Box<dyn StdError + Send + Sync>),
}

impl Body {
    /// A body of which nothing is known but that it is one.
    pub(crate) fn stream<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        Self::Stream(body.boxed_unsync())
    }

    /// All its bytes, of which there may be `limit`.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let declared = usize::try_from(self.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > limit {
            return Err(BodyError::TooLarge(limit));
        }
        let mut bytes = Vec::new();
        while let Some(frame) = self.frame().await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if data.len() > limit - bytes.len() {
                return Err(BodyError::TooLarge(limit));
            }
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
        Self::Whole(Full::new(bytes))
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
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Network(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|error| BodyError::Cut(error.into())),
            Self::Guest(body) => Pin::new(&mut **body).poll_frame(context),
            Self::Stream(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Network(body) => body.is_end_stream(),
            Self::Guest(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Network(body) => body.size_hint(),
            Self::Guest(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => {
                write!(formatter, "the limit of {limit} bytes in a body is reached")
            }
            Self::Guest(error) => error.fmt(formatter),
            Self::Cut(error) => write!(formatter, "the body is cut off: {error}"),
        }
    }
}

impl StdError for BodyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::TooLarge(_) => None,
            Self::Guest(error) => Some(error),
            Self::Cut(error) => Some(&**error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of these pieces, whose length is not known.
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
    async fn a_body_is_whole_or_too_large_and_never_shortened() {
        let pieces = || Body::stream(Pieces(vec!["f", "cde", "", "ab"]));
        let whole = || Body::from(Bytes::from("abcdef"));
        for (mut body, limit, want) in [
            (pieces(), 6, Some("abcdef")),
            (pieces(), 5, None),
            (whole(), 6, Some("abcdef")),
            (whole(), 5, None),
            (Body::from(Bytes::new()), 0, Some("")),
        ] {
            match (body.whole(limit).await, want) {
                (Ok(got), Some(want)) => assert_eq!(got, want.as_bytes()),
                (Err(BodyError::TooLarge(got)), None) => assert_eq!(got, limit),
                (got, want) => panic!("limit {limit}: got {got:?}, want {want:?}"),
            }
        }
    }
}
