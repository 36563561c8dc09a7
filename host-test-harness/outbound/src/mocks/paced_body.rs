//! The body of a mocked response that arrives in pieces, breaks off, or stalls.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::time::Sleep;

use crate::body::BodyError;
use crate::transport::error::TransportError;

/// A piece of a body, and its delay after the previous piece.
pub(super) type Piece = (Duration, Bytes);

/// How often a part of a piece arrives at a rate, unless a byte takes longer.
const PARTS_PER_SECOND: u64 = 20;

/// How a body ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    #[default]
    Whole,
    /// It breaks off.
    Fails(TransportError),
    /// Never.
    Stalls,
}

/// A body of pieces.
pub(super) struct PacedBody {
    pieces: VecDeque<Piece>,
    bytes_per_second: Option<NonZeroU64>,
    trailers: Option<http::HeaderMap>,
    end: End,
    /// What arrives after `wait`.
    arriving: Bytes,
    wait: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    pub(super) fn new(
        pieces: impl IntoIterator<Item = Piece>,
        bytes_per_second: Option<NonZeroU64>,
        trailers: Option<http::HeaderMap>,
        end: End,
    ) -> Self {
        Self {
            pieces: pieces.into_iter().collect(),
            bytes_per_second,
            trailers,
            end,
            arriving: Bytes::new(),
            wait: None,
        }
    }

    /// Takes what arrives at once from the first piece, and returns how long that takes.
    fn next_part(&mut self) -> Option<Piece> {
        let (delay, bytes) = self.pieces.front_mut()?;
        let delay = std::mem::take(delay);
        let Some(rate) = self.bytes_per_second else {
            let (_, bytes) = self.pieces.pop_front()?;
            return Some((delay, bytes));
        };
        let rate = rate.get();
        let size = usize::try_from((rate / PARTS_PER_SECOND).max(1)).unwrap_or(usize::MAX);
        let part = bytes.split_to(size.min(bytes.len()));
        if bytes.is_empty() {
            self.pieces.pop_front();
        }
        let nanoseconds = part.len() as u128 * 1_000_000_000 / u128::from(rate);
        let takes = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        Some((delay.saturating_add(takes), part))
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(wait) = &mut this.wait {
                ready!(wait.as_mut().poll(context));
                this.wait = None;
            }
            // A part without bytes only waits.
            let arrived = std::mem::take(&mut this.arriving);
            if !arrived.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(arrived))));
            }
            let Some((delay, bytes)) = this.next_part() else {
                break;
            };
            this.arriving = bytes;
            if !delay.is_zero() {
                this.wait = Some(Box::pin(tokio::time::sleep(delay)));
            }
        }
        match &this.end {
            End::Whole => {
                let trailers = this.trailers.take().map(Frame::trailers);
                Poll::Ready(trailers.map(Ok))
            }
            End::Fails(error) => {
                let error = error.clone();
                this.end = End::Whole;
                this.trailers = None;
                Poll::Ready(Some(Err(error.into())))
            }
            // The call that reads the body has a time limit.
            End::Stalls => Poll::Pending,
        }
    }
}

/// The first `n_bytes` of the pieces.
pub(super) fn first_bytes(pieces: Vec<Piece>, n_bytes: usize) -> Vec<Piece> {
    let mut left = n_bytes;
    let mut kept = Vec::new();
    for (delay, mut bytes) in pieces {
        if left == 0 {
            break;
        }
        bytes.truncate(left);
        left -= bytes.len();
        kept.push((delay, bytes));
    }
    kept
}
