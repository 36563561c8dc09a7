//! Reads a body that the host receives: of a response, or of an inbound request.

use std::io;

use bytes::{Buf as _, Bytes};

use super::bindings::wasi::http::types::{
    IncomingBody, IncomingRequest, IncomingResponse, http_error_code,
};
use super::bindings::wasi::io::poll::Pollable;
use super::bindings::wasi::io::streams::{InputStream, StreamError};
use super::deadline::{Deadlines, Limit, wait};
use super::error_code::reason;
use super::upload::Upload;
use crate::error::{Error, Reason};
use crate::http::{Method, Uri};

/// How many bytes of a body are read at once at most.
const READ_BYTES: u64 = 64 * 1024;

/// A body that is being received.
pub(crate) struct Incoming {
    /// `None` after the end.
    stream: Option<Stream>,
    /// No end follows an error, which would say that the body is whole.
    has_failed: bool,
    /// What has arrived and was not read yet.
    piece: Bytes,
    length: Option<u64>,
    /// The call of a response, `None` for an inbound request.
    call: Option<CallOfBody>,
}

/// The host's end. The fields are dropped in this order: a resource before the one it belongs to.
struct Stream {
    ready: Pollable,
    stream: InputStream,
    _body: IncomingBody,
    _message: Message,
}

/// The message that a body belongs to.
pub(super) enum Message {
    Request(IncomingRequest),
    Response(IncomingResponse),
}

/// What else happens in a call while its response is read.
pub(super) struct CallOfBody {
    pub(super) method: Method,
    pub(super) uri: Uri,
    /// The request body, of which the upstream may have read only a part when it responds.
    pub(super) upload: Option<Upload>,
    pub(super) deadlines: Deadlines,
}

impl Incoming {
    pub(super) fn new(
        message: Message,
        length: Option<u64>,
        call: Option<CallOfBody>,
    ) -> Result<Self, Reason> {
        let body = match &message {
            Message::Request(request) => request.consume(),
            Message::Response(response) => response.consume(),
        };
        let body = body.map_err(|()| Reason::RuntimeError)?;
        let stream = body.stream().map_err(|()| Reason::RuntimeError)?;
        Ok(Self {
            stream: Some(Stream {
                ready: stream.subscribe(),
                stream,
                _body: body,
                _message: message,
            }),
            has_failed: false,
            piece: Bytes::new(),
            length,
            call,
        })
    }

    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece, which is empty at the end. `None` if there is nothing yet.
    pub(super) fn try_next(&mut self) -> Result<Option<Bytes>, Reason> {
        if !self.piece.is_empty() {
            return Ok(Some(std::mem::take(&mut self.piece)));
        }
        if self.has_failed {
            return Err(Reason::RuntimeError);
        }
        let result = self.read_stream();
        self.has_failed = result.is_err();
        let is_end = matches!(&result, Ok(Some(piece)) if piece.is_empty());
        if is_end || self.has_failed {
            self.stream = None;
            if let Some(call) = &mut self.call {
                // The response is whole, so the upstream needs no more of the request.
                call.upload = None;
            }
        }
        result
    }

    fn read_stream(&mut self) -> Result<Option<Bytes>, Reason> {
        let Some(stream) = &self.stream else {
            return Ok(Some(Bytes::new()));
        };
        if let Some(upload) = self.call.as_mut().and_then(|call| call.upload.as_mut()) {
            upload.advance().map_err(Reason::body_not_read)?;
        }
        match stream.stream.read(READ_BYTES) {
            Ok(piece) if piece.is_empty() => {
                if let Some(call) = &self.call {
                    call.deadlines.check()?;
                }
                Ok(None)
            }
            Ok(piece) => {
                if let Some(call) = &mut self.call {
                    call.deadlines.start_piece();
                }
                Ok(Some(piece.into()))
            }
            Err(StreamError::Closed) => Ok(Some(Bytes::new())),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = http_error_code(&error);
                Err(code.map_or(Reason::RuntimeError, |code| reason(&code)))
            }
        }
    }

    /// As [`try_next`](Self::try_next), with an error that names the request.
    pub(super) fn next_piece(&mut self) -> io::Result<Option<Bytes>> {
        self.try_next().map_err(|reason| self.error(reason))
    }

    /// Waits for the next piece, which is empty at the end.
    fn wait_for_piece(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(piece) = self.next_piece()? {
                return Ok(piece);
            }
            let mut events = Vec::new();
            self.add_events(&mut events);
            wait(&events, self.limit());
        }
    }

    /// Whether there is no byte. Waits for the first one or the end.
    pub(super) fn is_empty(&mut self) -> io::Result<bool> {
        self.piece = self.wait_for_piece()?;
        Ok(self.piece.is_empty())
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut piece = self.wait_for_piece()?;
        let n_bytes = piece.len().min(buffer.len());
        let (to, _rest) = buffer.split_at_mut(n_bytes);
        piece.copy_to_slice(to);
        self.piece = piece;
        Ok(n_bytes)
    }

    /// The whole body. An inbound request without a byte has none.
    pub(crate) fn into_bytes(mut self) -> io::Result<Option<Bytes>> {
        let mut bytes = Vec::new();
        loop {
            let piece = self.wait_for_piece()?;
            if piece.is_empty() {
                let has_body = self.call.is_some() || !bytes.is_empty();
                return Ok(has_body.then(|| bytes.into()));
            }
            append(&mut bytes, piece, self.length);
        }
    }

    /// Adds what the body waits for.
    pub(super) fn add_events<'a>(&'a self, events: &mut Vec<&'a Pollable>) {
        if let Some(stream) = &self.stream {
            events.push(&stream.ready);
            if let Some(upload) = self.call.as_ref().and_then(|call| call.upload.as_ref()) {
                upload.add_events(events);
            }
        }
    }

    pub(super) fn limit(&self) -> Option<Limit> {
        self.call.as_ref()?.deadlines.next()
    }

    fn error(&self, reason: Reason) -> io::Error {
        let Some(call) = &self.call else {
            return io::Error::other(reason.to_string());
        };
        let error = Error::new(reason, call.method.clone(), call.uri.clone());
        let kind = match error.cause_code() {
            _ if error.is_timeout() => io::ErrorKind::TimedOut,
            Some("HTTP-response-incomplete") => io::ErrorKind::UnexpectedEof,
            Some("connection-terminated") => io::ErrorKind::ConnectionReset,
            Some(_) | None => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// Appends a piece to a body, whose length may be known.
pub(super) fn append(bytes: &mut Vec<u8>, piece: Bytes, length: Option<u64>) {
    if !bytes.is_empty() {
        bytes.extend_from_slice(&piece);
        return;
    }
    *bytes = piece.into();
    let left = length
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or_default()
        .saturating_sub(bytes.len());
    // The length is what the upstream says. If there is no room for it, the body grows as it comes.
    drop(bytes.try_reserve_exact(left));
}
