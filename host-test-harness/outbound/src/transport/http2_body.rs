//! The body of an HTTP/2 response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::body_failure;
use super::error::TransportError;
use crate::body::{Body, BodyError};

/// A body that fails unless the upstream ended its stream.
///
/// hyper reports a stream that the upstream resets with `NO_ERROR` as one that has ended, since a server may so refuse
/// the rest of a request after its whole response (RFC 9113 section 8.1).
pub(super) fn whole(body: Incoming) -> Body {
    Body::stream(Whole(body))
}

struct Whole(Incoming);

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        Poll::Ready(match frame {
            Some(frame) => Some(frame.map_err(|error| body_failure(error).into())),
            None if self.0.is_end_stream() => None,
            None => Some(Err(TransportError::Incomplete.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
