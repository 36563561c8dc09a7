//! A streaming body whose length the request announces.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use harness_outbound::{Body, BodyError};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::{Error, ErrorKind};

/// A body that fails if it is shorter or longer than its `content-length`.
#[derive(Debug)]
pub(super) struct AnnouncedBody {
    body: Body,
    announced_bytes: u64,
    left_bytes: u64,
}

impl AnnouncedBody {
    pub(super) fn new(body: Body, announced_bytes: u64) -> Self {
        Self {
            body,
            announced_bytes,
            left_bytes: announced_bytes,
        }
    }

    fn contradiction(&self, body: &str) -> BodyError {
        let message = format!(
            "invalid request: `content-length: {}` and a body of {body}",
            self.announced_bytes
        );
        Error::new(ErrorKind::InvalidRequest, message).into()
    }
}

impl HttpBody for AnnouncedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(context).map(|frame| {
            let Some(frame) = frame else {
                let n_bytes = self.announced_bytes - self.left_bytes;
                let is_short = self.left_bytes > 0;
                return is_short.then(|| Err(self.contradiction(&format!("{n_bytes} bytes"))));
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Some(Err(error)),
            };
            let n_bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
            match self.left_bytes.checked_sub(n_bytes) {
                Some(left_bytes) => self.left_bytes = left_bytes,
                None => return Some(Err(self.contradiction("more bytes"))),
            }
            Some(Ok(frame))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}
