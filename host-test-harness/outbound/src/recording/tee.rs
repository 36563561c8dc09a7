//! A body that is copied while it passes.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::exchange::{BodyEnd, RecordedBody, RecordedFailure};
use crate::body::{Body, BodyError};
use crate::transport::error::TransportError;

/// What a recording keeps of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// The most bytes.
    pub(super) limit: usize,
    /// Whether the first bytes of a larger body are kept, or none.
    pub(super) starts: bool,
}

/// What has passed of a body so far. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Capture(Arc<Mutex<Captured>>);

#[derive(Debug)]
struct Captured {
    held: Held,
    n_bytes: u64,
    kept: Kept,
    /// The length that the head announces. A reader that counts need not ask for the end.
    announced: Option<u64>,
    trailers: HeaderMap,
    end: BodyEnd,
    failure: Option<RecordedFailure>,
    ended: Option<Instant>,
}

/// The bytes of a body that are kept.
#[derive(Debug)]
enum Held {
    /// Of a body in memory.
    Shared(Bytes),
    /// Of a body that passes: a piece of it may be a part of a buffer that is much larger.
    Copy(Vec<u8>),
}

impl Held {
    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::Copy(Vec::new())) {
            Self::Shared(bytes) => bytes,
            Self::Copy(mut copy) => {
                copy.shrink_to_fit();
                copy.into()
            }
        }
    }
}

impl Capture {
    pub(super) fn new(kept: Kept, announced: Option<u64>) -> Self {
        Self(Arc::new(Mutex::new(Captured {
            held: Held::Copy(Vec::new()),
            n_bytes: 0,
            kept,
            announced,
            trailers: HeaderMap::new(),
            end: BodyEnd::Stopped,
            failure: None,
            ended: None,
        })))
    }

    fn captured(&self) -> MutexGuard<'_, Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self, data: &[u8]) {
        let mut captured = self.captured();
        captured.n_bytes = captured.n_bytes.saturating_add(data.len() as u64);
        let Kept { limit, starts } = captured.kept;
        let is_larger = captured.n_bytes > limit as u64;
        let Held::Copy(copy) = &mut captured.held else {
            return;
        };
        if starts {
            let room = limit - copy.len();
            let start = data.get(..room).unwrap_or(data);
            copy.extend_from_slice(start);
        } else if is_larger {
            *copy = Vec::new();
        } else {
            copy.extend_from_slice(data);
        }
    }

    /// The whole body, which was in memory.
    pub(super) fn whole(&self, data: &Bytes) {
        let mut captured = self.captured();
        if data.len() <= captured.kept.limit {
            captured.n_bytes = data.len() as u64;
            captured.held = Held::Shared(data.clone());
            drop(captured);
        } else {
            drop(captured);
            self.data(data);
        }
        self.complete();
    }

    fn trailers(&self, trailers: &HeaderMap) {
        self.captured().trailers = trailers.clone();
    }

    fn complete(&self) {
        self.end(BodyEnd::Complete);
    }

    fn failed(&self, error: &BodyError) {
        self.end(BodyEnd::Failed);
        let (transport, details) = match error {
            BodyError::Transport(failure) => (Some(failure.error.clone()), ""),
            BodyError::Aborted(_) => (Some(TransportError::Incomplete), ""),
            BodyError::Producer { details, .. } => (None, details.as_str()),
            BodyError::TooLarge { .. } => (None, ""),
        };
        self.captured().failure = Some(RecordedFailure {
            error: transport,
            ..RecordedFailure::of_guest(error.to_string(), details.to_owned())
        });
    }

    fn end(&self, end: BodyEnd) {
        let mut captured = self.captured();
        if captured.end == BodyEnd::Stopped {
            captured.end = end;
            captured.ended = Some(Instant::now());
        }
    }

    /// When it ended, if it did.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.captured().ended
    }

    /// Why it failed, if it did.
    pub(super) fn failure(&self) -> Option<RecordedFailure> {
        self.captured().failure.clone()
    }

    /// The record, as far as the body has passed.
    pub(super) fn recorded(&self) -> RecordedBody {
        let mut captured = self.captured();
        let Kept { limit, starts } = captured.kept;
        let bytes = captured.held.take();
        let end = if captured.n_bytes > limit as u64 {
            if !starts {
                tracing::warn!(
                    "a body of {} bytes or more is not recorded; the limit of the recording is {limit} bytes",
                    captured.n_bytes
                );
            }
            BodyEnd::TooLarge { limit }
        } else if captured.end == BodyEnd::Stopped && captured.announced == Some(captured.n_bytes) {
            BodyEnd::Complete
        } else {
            captured.end
        };
        RecordedBody {
            bytes,
            size: captured.n_bytes,
            trailers: captured.trailers.clone(),
            end,
        }
    }
}

/// A body that passes unchanged, and a copy of what has passed.
pub(super) struct Tee {
    body: Body,
    capture: Capture,
    when_ended: Option<Box<dyn FnOnce() + Send>>,
}

impl Tee {
    pub(super) fn new(body: Body, capture: Capture) -> Self {
        if body.is_end_stream() {
            capture.complete();
        }
        Self {
            body,
            capture,
            when_ended: None,
        }
    }

    /// Calls `when_ended` once, when the body has ended or is dropped.
    pub(super) fn when_ended(mut self, when_ended: impl FnOnce() + Send + 'static) -> Self {
        self.when_ended = Some(Box::new(when_ended));
        self
    }

    fn tell(&mut self) {
        if let Some(when_ended) = self.when_ended.take() {
            when_ended();
        }
    }
}

impl HttpBody for Tee {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    this.capture.data(data);
                }
                if let Some(trailers) = frame.trailers_ref() {
                    this.capture.trailers(trailers);
                }
                if this.body.is_end_stream() {
                    this.capture.complete();
                }
            }
            Poll::Ready(Some(Err(error))) => {
                this.capture.failed(error);
                this.tell();
            }
            Poll::Ready(None) => {
                this.capture.complete();
                this.tell();
            }
            Poll::Pending => {}
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

impl Drop for Tee {
    fn drop(&mut self) {
        self.tell();
    }
}
