//! A body that is bounded, and whose bytes others see counted as they pass.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::BodyError;

/// A body of which no more than `limit` bytes pass, counted in `passed_bytes`.
pub(crate) struct Counted<B> {
    pub(crate) body: B,
    pub(crate) passed_bytes: Arc<AtomicUsize>,
    pub(crate) limit: usize,
}

impl<B> HttpBody for Counted<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(context).map(|frame| {
            let frame = match frame? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(BodyError::Cut(error.into()))),
            };
            let n_bytes = frame.data_ref().map_or(0, Bytes::len);
            let passed_bytes = self.passed_bytes.load(Ordering::Relaxed);
            if n_bytes > self.limit.saturating_sub(passed_bytes) {
                return Some(Err(BodyError::TooLarge(self.limit)));
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
