//! The body of a mocked response that arrives in pieces, breaks off, or stalls.

use std::collections::VecDeque;
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
    trailers: Option<http::HeaderMap>,
    end: End,
    wait: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    pub(super) fn new(
        pieces: impl IntoIterator<Item = Piece>,
        trailers: Option<http::HeaderMap>,
        end: End,
    ) -> Self {
        Self {
            pieces: pieces.into_iter().collect(),
            trailers,
            end,
            wait: None,
        }
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
        while let Some((delay, _)) = this.pieces.front() {
            if !delay.is_zero() {
                let delay = *delay;
                let wait = this
                    .wait
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(delay)));
                ready!(wait.as_mut().poll(context));
                this.wait = None;
            }
            // A piece without bytes only waits.
            match this.pieces.pop_front() {
                Some((_, bytes)) if !bytes.is_empty() => {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(_) | None => {}
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
            // Whoever waits has a time limit of its own.
            End::Stalls => Poll::Pending,
        }
    }
}

/// Splits a body so that `bytes_per_second` arrive.
pub(super) fn at_rate(body: &Bytes, bytes_per_second: u64) -> Vec<Piece> {
    /// How often a piece arrives, unless a byte takes longer.
    const PIECES_PER_SECOND: u64 = 20;
    let bytes_per_second = bytes_per_second.max(1);
    let size = (bytes_per_second / PIECES_PER_SECOND).max(1);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut pieces = Vec::new();
    let mut rest = body.clone();
    while !rest.is_empty() {
        let piece = rest.split_to(size.min(rest.len()));
        let seconds =
            std::time::Duration::from_secs(1) / u32::try_from(bytes_per_second).unwrap_or(u32::MAX);
        let n_bytes = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        pieces.push((seconds.saturating_mul(n_bytes), piece));
    }
    pieces
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
