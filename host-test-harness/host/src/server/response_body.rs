//! The body of a response, which completes the request's log entry at its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use harness_outbound::{Body, BodyError};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::access_log::LogEntry;
use super::error::ServeError;
use crate::Error;

/// A body on its way to the client.
pub(super) struct ResponseBody {
    body: Body,
    /// `None` once the body is complete. A buffered body is complete from the start, since only the
    /// connection can fail after that.
    unfinished: Option<Unfinished>,
}

/// What is dropped with the last byte of the body.
struct Unfinished {
    entry: LogEntry,
    _in_flight: TaskTrackerToken,
}

impl ResponseBody {
    pub(super) fn new(body: Body, entry: LogEntry, in_flight: TaskTrackerToken) -> Self {
        let mut this = Self {
            body,
            unfinished: Some(Unfinished {
                entry,
                _in_flight: in_flight,
            }),
        };
        if let Body::Buffered(body) = &this.body {
            let n_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
            this.sent(n_bytes);
            this.complete();
        } else if this.body.size_hint().exact() == Some(0) {
            // hyper does not poll an empty body.
            this.complete();
        }
        this
    }

    fn sent(&mut self, n_bytes: usize) {
        if let Some(unfinished) = &mut self.unfinished {
            unfinished.entry.sent(n_bytes);
        }
    }

    fn complete(&mut self) {
        if let Some(mut unfinished) = self.unfinished.take() {
            unfinished.entry.complete();
        }
    }

    /// Logs the guest's failure. The client learns only that the body is incomplete.
    fn failed(&mut self, error: BodyError) -> BodyError {
        match (self.unfinished.take(), error) {
            (Some(mut unfinished), error) => match Error::try_from(error) {
                Ok(error) => {
                    unfinished.entry.failed(ServeError::Guest(error));
                    BodyError::Aborted("the guest failed".into())
                }
                Err(error) => error,
            },
            (None, error) => error,
        }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body)
            .poll_frame(context)
            .map(|frame| match frame {
                Some(Ok(frame)) => {
                    self.sent(frame.data_ref().map_or(0, Bytes::len));
                    if frame.is_trailers() || self.body.size_hint().exact() == Some(0) {
                        // hyper does not poll again after trailers, nor after the last byte of a `content-length`.
                        self.complete();
                    }
                    Some(Ok(frame))
                }
                Some(Err(error)) => Some(Err(self.failed(error))),
                None => {
                    self.complete();
                    None
                }
            })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
