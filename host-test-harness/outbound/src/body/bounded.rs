//! A body with a limit, whose bytes are counted as they pass.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::BodyError;

/// A body that fails with [`BodyError::TooLarge`] instead of passing more bytes than its limit.
#[derive(Debug)]
pub struct Bounded<B> {
    body: B,
    passed_bytes: Arc<AtomicUsize>,
    limit: usize,
}

impl<B> Bounded<B> {
    /// Lets at most `limit` bytes of `body` pass.
    pub fn new(body: B, limit: usize) -> Self {
        Self::counting(body, limit, Arc::default())
    }

    /// [`Bounded::new`] with a counter of the bytes that have passed, which the caller reads.
    pub fn counting(body: B, limit: usize, passed_bytes: Arc<AtomicUsize>) -> Self {
        Self {
            body,
            passed_bytes,
            limit,
        }
    }

    /// The number of bytes that have passed.
    pub fn passed_bytes(&self) -> usize {
        self.passed_bytes.load(Ordering::Relaxed)
    }
}

impl<B> HttpBody for Bounded<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BodyError>> + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let too_large = BodyError::TooLarge { limit: self.limit };
        let passed_bytes = self.passed_bytes();
        let left_bytes = self.limit.saturating_sub(passed_bytes);
        if self.body.size_hint().lower() > left_bytes as u64 {
            return Poll::Ready(Some(Err(too_large)));
        }
        Pin::new(&mut self.body).poll_frame(context).map(|frame| {
            let frame = match frame? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(error.into())),
            };
            let n_bytes = frame.data_ref().map_or(0, Bytes::len);
            if n_bytes > left_bytes {
                return Some(Err(too_large));
            }
            self.passed_bytes
                .store(passed_bytes + n_bytes, Ordering::Relaxed);
            Some(Ok(frame))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
