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
use crate::headers::content_length;
use crate::transport::error::TransportError;

/// What a recording keeps of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// The most bytes.
    pub(super) limit: usize,
    /// Whether the first bytes of a larger body are kept, or none.
    pub(super) starts: bool,
}

/// What is recorded of a body. Clones share it.
#[derive(Debug, Clone)]
pub(super) enum Capture {
    /// The body was in memory.
    Whole {
        bytes: Bytes,
        kept: Kept,
        at: Instant,
    },
    /// The body passes.
    Passing(Arc<Mutex<Captured>>),
}

impl Capture {
    /// Nothing yet of a body that passes after these headers.
    pub(super) fn passing(kept: Kept, headers: &HeaderMap) -> Self {
        let captured = Captured::new(kept, content_length(headers));
        Self::Passing(Arc::new(Mutex::new(captured)))
    }

    /// What [`follow`](Self::follow) is to record of `body`, which follows these headers, from `at` on.
    pub(super) fn of(body: &Body, kept: Kept, headers: &HeaderMap, at: Instant) -> Self {
        match body.in_memory() {
            Some(bytes) => Self::Whole { bytes, kept, at },
            None => Self::passing(kept, headers),
        }
    }

    /// The body, which is copied while it passes. `when_ended` is called once, when the body has ended or is dropped. A
    /// body in memory stays one, since the network may send it a second time, and has ended already.
    pub(super) fn follow<F>(&self, body: Body, when_ended: F) -> Body
    where
        F: FnOnce() + Send + Unpin + 'static,
    {
        match self {
            Self::Whole { .. } => {
                when_ended();
                body
            }
            Self::Passing(captured) => {
                Body::stream(Tee::new(body, Arc::clone(captured), when_ended))
            }
        }
    }

    /// When the body ended, if it did.
    pub(super) fn ended(&self) -> Option<Instant> {
        match self {
            Self::Whole { at, .. } => Some(*at),
            Self::Passing(captured) => lock(captured).ended,
        }
    }

    /// Why the body failed, if it did.
    pub(super) fn failure(&self) -> Option<RecordedFailure> {
        match self {
            Self::Whole { .. } => None,
            Self::Passing(captured) => lock(captured).failure.clone(),
        }
    }

    /// The record, as far as the body has passed.
    pub(super) fn into_recorded(self) -> RecordedBody {
        match self {
            Self::Whole { bytes, kept, .. } if bytes.len() <= kept.limit => {
                RecordedBody::complete(bytes)
            }
            Self::Whole { bytes, kept, .. } => {
                let mut captured = Captured::new(kept, None);
                captured.data(&bytes);
                captured.recorded()
            }
            Self::Passing(captured) => lock(&captured).recorded(),
        }
    }
}

fn lock(captured: &Mutex<Captured>) -> MutexGuard<'_, Captured> {
    captured.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What has passed of a body so far.
#[derive(Debug)]
pub(super) struct Captured {
    /// A copy, since a piece may be a part of a buffer that is much larger.
    copy: Vec<u8>,
    n_bytes: u64,
    kept: Kept,
    /// The length that the head announces. A reader that counts need not ask for the end.
    announced: Option<u64>,
    trailers: HeaderMap,
    end: BodyEnd,
    failure: Option<RecordedFailure>,
    ended: Option<Instant>,
}

impl Captured {
    fn new(kept: Kept, announced: Option<u64>) -> Self {
        Self {
            copy: Vec::new(),
            n_bytes: 0,
            kept,
            announced,
            trailers: HeaderMap::new(),
            end: BodyEnd::Stopped,
            failure: None,
            ended: None,
        }
    }

    fn data(&mut self, data: &[u8]) {
        self.n_bytes = self.n_bytes.saturating_add(data.len() as u64);
        let Kept { limit, starts } = self.kept;
        if starts {
            let room = limit - self.copy.len();
            let start = data.get(..room).unwrap_or(data);
            self.copy.extend_from_slice(start);
        } else if self.n_bytes > limit as u64 {
            self.copy = Vec::new();
        } else {
            self.copy.extend_from_slice(data);
        }
    }

    fn failed(&mut self, error: &BodyError) {
        self.end(BodyEnd::Failed);
        let (transport, details) = match error {
            BodyError::Transport(failure) => (Some(failure.error.clone()), ""),
            BodyError::Aborted(_) => (Some(TransportError::Incomplete), ""),
            BodyError::Producer { details, .. } => (None, details.as_str()),
            BodyError::TooLarge { .. } => (None, ""),
        };
        self.failure = Some(RecordedFailure {
            error: transport,
            ..RecordedFailure::of_guest(error.to_string(), details.to_owned())
        });
    }

    fn end(&mut self, end: BodyEnd) {
        if self.end == BodyEnd::Stopped {
            self.end = end;
            self.ended = Some(Instant::now());
        }
    }

    fn recorded(&mut self) -> RecordedBody {
        let Kept { limit, starts } = self.kept;
        let mut copy = std::mem::take(&mut self.copy);
        copy.shrink_to_fit();
        let end = if self.n_bytes > limit as u64 {
            if !starts {
                tracing::warn!(
                    "a body of {} bytes or more is not recorded; the limit of the recording is {limit} bytes",
                    self.n_bytes
                );
            }
            BodyEnd::TooLarge { limit }
        } else if self.end == BodyEnd::Stopped && self.announced == Some(self.n_bytes) {
            BodyEnd::Complete
        } else {
            self.end
        };
        RecordedBody {
            bytes: copy.into(),
            size: self.n_bytes,
            trailers: std::mem::take(&mut self.trailers),
            end,
        }
    }
}

/// A body that passes unchanged, a copy of what has passed, and what is called once when it has ended or is dropped.
struct Tee<F: FnOnce()> {
    body: Body,
    captured: Arc<Mutex<Captured>>,
    when_ended: Option<F>,
}

impl<F: FnOnce()> Tee<F> {
    fn new(body: Body, captured: Arc<Mutex<Captured>>, when_ended: F) -> Self {
        if body.is_end_stream() {
            lock(&captured).end(BodyEnd::Complete);
        }
        Self {
            body,
            captured,
            when_ended: Some(when_ended),
        }
    }

    fn tell(&mut self) {
        if let Some(when_ended) = self.when_ended.take() {
            when_ended();
        }
    }
}

impl<F: FnOnce() + Unpin> HttpBody for Tee<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        let Poll::Ready(frame) = &polled else {
            return polled;
        };
        let mut captured = lock(&this.captured);
        match frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    captured.data(data);
                }
                if let Some(trailers) = frame.trailers_ref() {
                    captured.trailers = trailers.clone();
                }
                // Nothing follows trailers, so a reader need not ask.
                if frame.is_trailers() || this.body.is_end_stream() {
                    captured.end(BodyEnd::Complete);
                }
                return polled;
            }
            Some(Err(error)) => captured.failed(error),
            None => captured.end(BodyEnd::Complete),
        }
        drop(captured);
        this.tell();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<F: FnOnce()> Drop for Tee<F> {
    fn drop(&mut self) {
        self.tell();
    }
}
