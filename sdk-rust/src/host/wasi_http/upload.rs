//! Sends a body: of a request to an upstream, or of a response to the client.

use std::io::{self, Read};

use bytes::Bytes;

use super::Incoming;
use super::bindings::wasi::http::types::OutgoingBody;
use super::bindings::wasi::io::poll::Pollable;
use super::bindings::wasi::io::streams::OutputStream;
use super::deadline::{Limit, wait};
use crate::body::{Body, Inner};

/// How many bytes are read of a reader at once at most.
const PIECE_BYTES: usize = 64 * 1024;

/// A body that is being sent.
pub(super) struct Upload {
    /// `None` after the end, and if the other side does not take the body.
    outgoing: Option<Outgoing>,
    source: Source,
    /// What was read and is not written yet.
    piece: Bytes,
    progress: Progress,
}

/// The host's end. The fields are dropped in this order: a resource before the one it belongs to.
struct Outgoing {
    ready: Pollable,
    stream: OutputStream,
    body: OutgoingBody,
}

#[derive(PartialEq, Eq)]
enum Progress {
    Writing,
    /// The source has nothing yet.
    Reading,
    Flushing,
}

/// Where the bytes come from.
enum Source {
    Bytes(Bytes),
    Reader(Box<dyn Read>, Vec<u8>),
    Incoming(Box<Incoming>),
}

impl Source {
    /// The next piece, which is empty at the end. `None` if there is nothing yet.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Self::Bytes(bytes) => Ok(Some(std::mem::take(bytes))),
            Self::Reader(reader, buffer) => {
                buffer.resize(PIECE_BYTES, 0);
                loop {
                    match reader.read(buffer) {
                        Ok(n_bytes) => {
                            let read = buffer.get(..n_bytes).unwrap_or_default();
                            return Ok(Some(Bytes::copy_from_slice(read)));
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            return Ok(None);
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            Self::Incoming(incoming) => incoming.next_piece(),
        }
    }
}

impl Upload {
    pub(super) fn new(outgoing: OutgoingBody, body: Body) -> Self {
        let source = match body.0 {
            Inner::None => Source::Bytes(Bytes::new()),
            Inner::Bytes(bytes) => Source::Bytes(bytes),
            Inner::Reader { reader, .. } => Source::Reader(reader, Vec::new()),
            Inner::Incoming(incoming) => Source::Incoming(incoming),
        };
        let outgoing = outgoing.write().ok().map(|stream| Outgoing {
            ready: stream.subscribe(),
            stream,
            body: outgoing,
        });
        Self {
            outgoing,
            source,
            piece: Bytes::new(),
            progress: Progress::Writing,
        }
    }

    /// Sends what can be sent without waiting. An error is that of the source, and ends the upload.
    pub(super) fn advance(&mut self) -> io::Result<()> {
        let result = self.write_pieces();
        if result.is_err() {
            self.outgoing = None;
        }
        result
    }

    fn write_pieces(&mut self) -> io::Result<()> {
        while let Some(outgoing) = &self.outgoing {
            if self.piece.is_empty() && self.progress != Progress::Flushing {
                match self.source.next()? {
                    None => {
                        self.progress = Progress::Reading;
                        return Ok(());
                    }
                    Some(piece) if piece.is_empty() => {
                        self.progress = Progress::Flushing;
                        if outgoing.stream.flush().is_err() {
                            self.outgoing = None;
                            return Ok(());
                        }
                    }
                    Some(piece) => {
                        self.progress = Progress::Writing;
                        self.piece = piece;
                    }
                }
            }
            match outgoing.stream.check_write() {
                Ok(0) => return Ok(()),
                Ok(_) if self.progress == Progress::Flushing => self.finish(),
                Ok(permitted) => {
                    let permitted = usize::try_from(permitted).unwrap_or(usize::MAX);
                    let now = self.piece.split_to(permitted.min(self.piece.len()));
                    if outgoing.stream.write(&now).is_err() {
                        self.outgoing = None;
                    }
                }
                // The other side takes no more. What that means, its response says.
                Err(_) => self.outgoing = None,
            }
        }
        Ok(())
    }

    fn finish(&mut self) {
        if let Some(outgoing) = self.outgoing.take() {
            drop((outgoing.ready, outgoing.stream));
            // The host reports a body of the wrong length in place of the response.
            drop(OutgoingBody::finish(outgoing.body, None));
        }
    }

    /// Adds what the upload waits for, which is nothing after its end.
    pub(super) fn add_events<'a>(&'a self, events: &mut Vec<&'a Pollable>) {
        match (&self.outgoing, &self.source) {
            (None, _) => {}
            (Some(_), Source::Incoming(incoming)) if self.progress == Progress::Reading => {
                incoming.add_events(events);
            }
            // The reader waits for something that the program does.
            (Some(_), Source::Reader(..)) if self.progress == Progress::Reading => {}
            (Some(outgoing), _) => events.push(&outgoing.ready),
        }
    }

    /// The limit of the call whose response is sent.
    pub(super) fn limit(&self) -> Option<Limit> {
        match &self.source {
            Source::Incoming(incoming) if self.outgoing.is_some() => incoming.limit(),
            Source::Incoming(_) | Source::Bytes(_) | Source::Reader(..) => None,
        }
    }

    /// Sends everything. Waits as long as the other side takes.
    pub(super) fn run(mut self) -> io::Result<()> {
        loop {
            self.advance()?;
            let mut events = Vec::new();
            self.add_events(&mut events);
            if self.outgoing.is_none() {
                return Ok(());
            }
            if events.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            wait(&events, self.limit());
        }
    }
}
