//! The streaming body of a guest's request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::body::BodyError;
use crate::headers::content_length;
use crate::limits::CallLimits;
use crate::time::deadline;

/// A guest's request body, which fails instead of ending if its guest was stopped.
pub(super) struct RequestBody<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    /// `None` once the body is dropped.
    body: Option<B>,
    /// What is left of the announced length, in bytes.
    left_bytes: Option<u64>,
    /// When the guest has ended in any case.
    end: Instant,
    is_aborted: Arc<AtomicBool>,
}

impl<B> RequestBody<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    pub(super) fn new(
        body: B,
        headers: &HeaderMap,
        limits: &CallLimits,
        is_aborted: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            body: Some(body),
            left_bytes: content_length(headers),
            end: deadline(limits.wall_time),
            is_aborted: Arc::clone(is_aborted),
        }
    }
}

impl<B> HttpBody for RequestBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BodyError>> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        Pin::new(body).poll_frame(context).map(|frame| match frame {
            None if self.is_aborted.load(Ordering::Acquire) => Some(Err(BodyError::Aborted(
                "the guest ended before its request body".into(),
            ))),
            None => None,
            Some(Ok(frame)) => {
                let n_bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                self.left_bytes = self.left_bytes.map(|left| left.saturating_sub(n_bytes));
                Some(Ok(frame))
            }
            Some(Err(error)) => Some(Err(error.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Some(body) => body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

/// hyper drops a body when its announced length is reached. The guest would then find the stream closed that it is
/// about to end, and Spin's published SDK for Python fails on that. So the body stays open until the guest ends it.
impl<B> Drop for RequestBody<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        let (Some(0), Some(mut body), Ok(runtime)) =
            (self.left_bytes, self.body.take(), Handle::try_current())
        else {
            return;
        };
        // The guest may pass on a client's body, which need not ever end.
        let ended = async move { while let Some(Ok(_)) = body.frame().await {} };
        runtime.spawn(tokio::time::timeout_at(self.end, ended));
    }
}
