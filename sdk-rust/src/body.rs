//! A body that is read or sent piece by piece.

use std::fmt;
use std::io::{self, Read};

use bytes::{Buf as _, Bytes};

use crate::http::IntoBody;

#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
use crate::host::wasi_http::Incoming;

/// A body that is read piece by piece: of a request or a response, in either direction.
///
/// It implements [`Read`]. A body to send is made of bytes, text or nothing with [`From`], or of a
/// reader with [`from_reader`](Body::from_reader) or [`sized`](Body::sized).
///
/// With the feature `wasi-http`, a body streams: a piece is in memory at a time. Without it, and in
/// a native test, the same program works, but each body is in memory as a whole, because
/// `fermyon:spin/http` has no streams.
///
/// # Examples
///
/// A relay, whose memory does not grow with the bodies:
///
/// ```no_run
/// use spin_sdk::http::{Body, Request, Response};
/// use spin_sdk::outbound_http::send_streaming;
///
/// fn handle(mut request: Request<Body>) -> Result<Response<Body>, spin_sdk::Error> {
///     *request.uri_mut() = spin_sdk::http::Uri::from_static("https://api.test/files");
///     send_streaming(request)
/// }
/// ```
#[derive(Default)]
pub struct Body(pub(crate) Inner);

#[derive(Default)]
pub(crate) enum Inner {
    #[default]
    None,
    Bytes(Bytes),
    Reader {
        reader: Box<dyn Read>,
        length: Option<u64>,
    },
    /// A body that the host receives.
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    Incoming(Box<Incoming>),
}

impl Body {
    /// What `reader` yields until its end. The length is not known before, so the body is sent with
    /// `transfer-encoding: chunked`, or with the `content-length` that the program sets for a
    /// request.
    ///
    /// A reader may wait. One that returns [`WouldBlock`](io::ErrorKind::WouldBlock) is asked again
    /// when a part of the response arrives or is read, so a program can send what depends on it.
    pub fn from_reader(reader: impl Read + 'static) -> Self {
        let reader = Box::new(reader);
        Self(Inner::Reader {
            reader,
            length: None,
        })
    }

    /// What `reader` yields, which is `n_bytes` bytes. The body is sent with `content-length`.
    ///
    /// A reader that ends before is an error. One that yields more is read to `n_bytes`.
    pub fn sized(reader: impl Read + 'static, n_bytes: u64) -> Self {
        let reader = Box::new(Sized {
            reader: reader.take(n_bytes),
        });
        Self(Inner::Reader {
            reader,
            length: Some(n_bytes),
        })
    }

    /// The length in bytes, if it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Inner::None => Some(0),
            Inner::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Inner::Reader { length, .. } => *length,
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Inner::Incoming(incoming) => incoming.length(),
        }
    }

    /// Reads the body to its end. Returns `None` if there is no body.
    ///
    /// # Errors
    ///
    /// The error of the reader, or of the connection. With the feature `wasi-http`, the error of a
    /// response body contains an [`Error`](crate::Error), see [`io::Error::get_ref`].
    pub fn into_bytes(self) -> io::Result<Option<Bytes>> {
        match self.0 {
            Inner::None => Ok(None),
            Inner::Bytes(bytes) => Ok(Some(bytes)),
            Inner::Reader { mut reader, .. } => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes)?;
                Ok(Some(bytes.into()))
            }
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Inner::Incoming(incoming) => incoming.into_bytes(),
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::None => Ok(0),
            Inner::Bytes(bytes) => {
                let n_bytes = bytes.len().min(buffer.len());
                let (to, _rest) = buffer.split_at_mut(n_bytes);
                bytes.copy_to_slice(to);
                Ok(n_bytes)
            }
            Inner::Reader { reader, .. } => reader.read(buffer),
            #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
            Inner::Incoming(incoming) => incoming.read(buffer),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Body")
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

impl<B: IntoBody> From<B> for Body {
    fn from(body: B) -> Self {
        Self(match body.into_body() {
            Some(bytes) => Inner::Bytes(bytes),
            None => Inner::None,
        })
    }
}

/// A reader whose end before its length is an error.
struct Sized<R> {
    reader: io::Take<R>,
}

impl<R: Read> Read for Sized<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.reader.read(buffer)?;
        if n_bytes == 0 && !buffer.is_empty() && self.reader.limit() > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the reader of a body ended before the length that it was given",
            ));
        }
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_read_to_its_end() {
        for (body, length, want) in [
            (Body::default(), Some(0), None),
            (Body::from(()), Some(0), None),
            (Body::from(""), Some(0), Some("")),
            (Body::from("four"), Some(4), Some("four")),
            (Body::from_reader(&b"four"[..]), None, Some("four")),
            (Body::sized(&b"four"[..], 4), Some(4), Some("four")),
            (Body::sized(&b"four and more"[..], 4), Some(4), Some("four")),
        ] {
            assert_eq!(body.length(), length, "{body:?}");
            let got = body.into_bytes().unwrap();
            assert_eq!(got, want.map(Bytes::from));
        }
        let mut body = Body::from("12345");
        let mut pieces = Vec::new();
        let mut buffer = [0; 2];
        loop {
            let n_bytes = body.read(&mut buffer).unwrap();
            if n_bytes == 0 {
                break;
            }
            pieces.push(buffer[..n_bytes].to_vec());
        }
        assert_eq!(pieces.concat(), b"12345");
    }

    #[test]
    fn reader_that_ends_early_is_an_error() {
        let error = Body::sized(&b"abc"[..], 4).into_bytes().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
