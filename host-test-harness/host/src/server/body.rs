//! The bodies of a connection: bounded, and on record when they end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::answer::{Refusal, UnderWay};
use super::record::Record;
use crate::{Error, Limits};
use harness_outbound::body::Bounded;
use harness_outbound::{Body, BodyError};

/// The body of a request for a guest that reads it as it comes.
pub(super) fn inbound_body(
    body: Incoming,
    limits: &Limits,
    received_bytes: Arc<AtomicUsize>,
) -> Result<Body, Refusal> {
    let limit = limits.request_body_bytes;
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge(limit));
    }
    Ok(Body::stream(Bounded::counting(body, limit, received_bytes)))
}

/// What lasts until the last byte of a response that is written as it comes.
pub(super) struct Held {
    pub(super) record: Record,
    pub(super) _under_way: UnderWay,
}

/// The body of a response.
pub(super) struct AnswerBody {
    body: Body,
    /// `None` once the answer is complete, as one that is whole is from the start: what may go wrong from
    /// there on is the connection's.
    held: Option<Held>,
}

impl AnswerBody {
    pub(super) fn new(body: Body, held: Held) -> Self {
        let mut this = Self {
            body,
            held: Some(held),
        };
        if let Body::Buffered(body) = &this.body {
            let n_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
            this.passed(n_bytes);
            this.complete();
        }
        this
    }

    fn passed(&mut self, n_bytes: usize) {
        if let Some(held) = &mut self.held {
            held.record.answered(n_bytes);
        }
    }

    fn complete(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.record.complete();
        }
    }

    /// The client is told no more than that there is no end.
    fn failed(&mut self, error: BodyError) -> BodyError {
        match (self.held.take(), error) {
            (Some(mut held), error) => match Error::try_from(error) {
                Ok(error) => {
                    held.record.refused(Refusal::Guest(error));
                    BodyError::Aborted("the guest has failed".into())
                }
                Err(error) => error,
            },
            (None, error) => error,
        }
    }
}

impl HttpBody for AnswerBody {
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
                    self.passed(frame.data_ref().map_or(0, Bytes::len));
                    if self.body.size_hint().exact() == Some(0) {
                        // Nobody asks for what follows the last byte.
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
