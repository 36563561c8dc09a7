//! The streaming body of a response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use super::timeouts::Deadlines;
use crate::body::{Body, Bounded};
use crate::call::ErrorCodeName;
use crate::error::OutboundError;
use crate::exchange::{Recorder, Via};

/// The body of a response to a streaming call, within its limits. The exchange is recorded when the body ends or is
/// dropped.
pub struct StreamedBody {
    body: Bounded<Body>,
    next_bytes: Pin<Box<Sleep>>,
    deadlines: Deadlines,
    recorded: Recorded,
    has_ended: bool,
}

/// What the record of the exchange says.
pub(super) struct Recorded {
    pub(super) recorder: Recorder,
    pub(super) status: StatusCode,
    pub(super) via: Via,
    pub(super) error_code: ErrorCodeName,
}

impl StreamedBody {
    pub(super) fn new(body: Bounded<Body>, deadlines: Deadlines, recorded: Recorded) -> Self {
        Self {
            body,
            next_bytes: Box::pin(tokio::time::sleep_until(deadlines.next_bytes())),
            deadlines,
            recorded,
            has_ended: false,
        }
    }

    fn ended(&mut self) {
        if !self.has_ended {
            let Recorded {
                recorder,
                status,
                via,
                ..
            } = &mut self.recorded;
            recorder.responded(*status, self.body.passed_bytes(), via.clone());
        }
        self.has_ended = true;
    }

    fn failed(
        &mut self,
        error: OutboundError,
    ) -> Poll<Option<Result<Frame<Bytes>, OutboundError>>> {
        self.has_ended = true;
        let Recorded {
            recorder,
            error_code,
            ..
        } = &mut self.recorded;
        recorder.failed(&error, *error_code);
        Poll::Ready(Some(Err(error)))
    }
}

impl HttpBody for StreamedBody {
    type Data = Bytes;
    type Error = OutboundError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OutboundError>>> {
        let this = &mut *self;
        if this.has_ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Pending => match this.next_bytes.as_mut().poll(context) {
                Poll::Ready(()) => this.failed(this.deadlines.next_bytes_timeout()),
                Poll::Pending => Poll::Pending,
            },
            Poll::Ready(Some(Ok(frame))) => {
                let next_bytes = this.deadlines.next_bytes();
                this.next_bytes.as_mut().reset(next_bytes);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => this.failed(OutboundError::from_response_body(error)),
            Poll::Ready(None) => {
                this.ended();
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for StreamedBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StreamedBody")
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// A guest may stop reading before the end.
impl Drop for StreamedBody {
    fn drop(&mut self) {
        self.ended();
    }
}
