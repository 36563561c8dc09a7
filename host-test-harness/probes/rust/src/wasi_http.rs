//! What only `wasi:http` has.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;
use std::time::Duration;

use probe_protocol::{Body, Description, Outcome};
use spin_sdk::http::Response;
use spin_sdk::http::request::Builder;
use spin_sdk::outbound_http::{self, MaxRedirects, Timeouts};

/// Makes all described requests at the same time.
pub(crate) fn send_all(descriptions: &[u8]) -> serde_json::Result<Vec<u8>> {
    let descriptions: Vec<Description> = serde_json::from_slice(descriptions)?;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; descriptions.len()];
    let mut requests = Vec::new();
    for (outcome, description) in outcomes.iter_mut().zip(descriptions) {
        let named = (description.method.clone(), description.uri.clone());
        match crate::request(description) {
            Ok(request) => requests.push((outcome, request)),
            Err(error) => *outcome = Some(crate::refused(&error, named)),
        }
    }
    let (sent, requests): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
    for (outcome, result) in sent.into_iter().zip(outbound_http::send_all(requests)) {
        *outcome = Some(crate::outcome(result));
    }
    serde_json::to_vec(&outcomes)
}

/// The request with what the description says of redirects and time.
pub(crate) fn options(
    mut builder: Builder,
    follow_redirects: bool,
    timeout_ms: Option<u64>,
) -> Builder {
    if !follow_redirects {
        builder = builder.extension(MaxRedirects(0));
    }
    if let Some(timeout_ms) = timeout_ms {
        builder = builder.extension(Timeouts {
            total: Some(Duration::from_millis(timeout_ms)),
            ..Timeouts::default()
        });
    }
    builder
}

/// Sends the pieces of the body, each after as many bytes of the response have arrived as have been sent before.
pub(crate) fn send_pieces(mut description: Description) -> Outcome {
    let named = (description.method.clone(), description.uri.clone());
    let n_received = Rc::new(Cell::new(0));
    let pieces = Pieces {
        rest: Cursor::default(),
        next: std::mem::take(&mut description.pieces).into_iter(),
        n_sent: 0,
        n_received: Rc::clone(&n_received),
    };
    let request = match crate::request(description) {
        Ok(request) => request.map(|_none| spin_sdk::http::Body::from_reader(pieces)),
        Err(error) => return crate::refused(&error, named),
    };
    let (head, mut body) = match outbound_http::send_streaming(request) {
        Ok(response) => response.into_parts(),
        Err(error) => return crate::outcome(Err(error)),
    };
    let mut received = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(n_bytes) => {
                received.extend_from_slice(&buffer[..n_bytes]);
                n_received.set(received.len());
            }
            Err(error) => {
                let error = error.into_inner().and_then(|error| error.downcast().ok());
                let error = *error.expect("an error of the SDK");
                return crate::outcome(Err(error));
            }
        }
    }
    crate::outcome(Ok(Response::from_parts(head, Some(received.into()))))
}

struct Pieces {
    /// What is left of the current piece.
    rest: Cursor<Vec<u8>>,
    next: std::vec::IntoIter<Body>,
    n_sent: usize,
    n_received: Rc<Cell<usize>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.position() == self.rest.get_ref().len() as u64 {
            if self.n_received.get() < self.n_sent {
                // The SDK asks again when a part of the response has been read.
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let Some(piece) = self.next.next() else {
                return Ok(0);
            };
            self.rest = Cursor::new(piece.0);
        }
        let n_bytes = self.rest.read(buffer)?;
        self.n_sent += n_bytes;
        Ok(n_bytes)
    }
}
