//! The body of a response whose start is kept.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::body::{Body, BodyError};

/// How much of a body is kept: 64 KiB.
const KEPT_BYTES: usize = 64 << 10;

/// A body that passes on what it reads, and tells `read` its start when it was read to its end.
pub(super) struct WatchedBody<W> {
    body: Body,
    start: BytesMut,
    read: W,
}

impl<W: FnMut(Bytes) + Unpin> WatchedBody<W> {
    pub(super) fn new(body: Body, read: W) -> Self {
        Self {
            body,
            start: BytesMut::new(),
            read,
        }
    }
}

impl<W: FnMut(Bytes) + Unpin> HttpBody for WatchedBody<W> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        let is_read = match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    let left = KEPT_BYTES.saturating_sub(this.start.len());
                    this.start
                        .extend_from_slice(data.get(..left).unwrap_or(data));
                }
                this.body.is_end_stream()
            }
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if is_read {
            (this.read)(Bytes::copy_from_slice(&this.start));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
