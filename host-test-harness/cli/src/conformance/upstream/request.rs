//! Reads the requests of a connection.

use spin_harness::outbound::headers::bytes_to_text;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// The maximum number of header fields in a request, more than any host sends.
const MAX_FIELDS: usize = 4_096;

/// The head of a request, and its body, which is still to be read.
pub(super) struct Head {
    pub(super) line: String,
    /// Names are in lower case. Values that are not UTF-8 are decoded as ISO-8859-1.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// The rest of a body.
pub(super) enum Body {
    /// So many bytes.
    Length(usize),
    /// Chunks; the rest of the current chunk has so many bytes.
    Chunked(usize),
    /// Nothing.
    End,
}

/// Reads the head of the next request of a connection, or returns `None` if the client has closed it.
///
/// `unread` has the bytes that have been received, but do not belong to what has been read.
pub(super) async fn read_head(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> std::io::Result<Option<Head>> {
    loop {
        if let Some((head, length)) = parse_head(unread)? {
            unread.drain(..length);
            return Ok(Some(head));
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

impl Body {
    /// The next part of the body, as soon as it has arrived; `None` at the end of the body or of the connection.
    pub(super) async fn next_part(
        &mut self,
        stream: &mut TcpStream,
        unread: &mut Vec<u8>,
    ) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            match self {
                Self::Length(0) | Self::End => return Ok(None),
                Self::Length(rest) | Self::Chunked(rest) if *rest > 0 && !unread.is_empty() => {
                    let length = unread.len().min(*rest);
                    *rest -= length;
                    return Ok(Some(unread.drain(..length).collect()));
                }
                Self::Chunked(0) => {
                    if let Some(size) = take_chunk_size(unread)? {
                        *self = if size == 0 {
                            Self::End
                        } else {
                            Self::Chunked(size)
                        };
                        continue;
                    }
                }
                Self::Length(_) | Self::Chunked(_) => {}
            }
            if stream.read_buf(unread).await? == 0 {
                *self = Self::End;
            }
        }
    }
}

/// Takes the end of the chunk before, and the line with the size of the next chunk, with the empty line after the last
/// chunk. `None` if they are incomplete. No host sends trailers.
fn take_chunk_size(unread: &mut Vec<u8>) -> std::io::Result<Option<usize>> {
    let start = if unread.starts_with(b"\r\n") { 2 } else { 0 };
    let status = httparse::parse_chunk_size(unread.get(start..).unwrap_or_default());
    let status = status.map_err(|error| invalid(error.to_string()))?;
    let httparse::Status::Complete((length, size)) = status else {
        return Ok(None);
    };
    let end = start + length + if size == 0 { 2 } else { 0 };
    if unread.len() < end {
        return Ok(None);
    }
    unread.drain(..end);
    usize::try_from(size)
        .map(Some)
        .map_err(|error| invalid(error.to_string()))
}

/// Parses the request line and the header section, and returns their length in bytes. `None` if they are
/// incomplete.
fn parse_head(bytes: &[u8]) -> std::io::Result<Option<(Head, usize)>> {
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let status = request
        .parse(bytes)
        .map_err(|error| invalid(error.to_string()))?;
    let httparse::Status::Complete(length) = status else {
        return Ok(None);
    };
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .map(|field| (field.name.to_ascii_lowercase(), bytes_to_text(field.value)))
        .collect();
    let line = bytes
        .split(|&byte| byte == b'\r')
        .next()
        .unwrap_or_default();
    let head = Head {
        line: bytes_to_text(line),
        body: body(&headers),
        headers,
    };
    Ok(Some((head, length)))
}

fn body(headers: &[(String, String)]) -> Body {
    let value = |name: &str| {
        let field = headers.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.as_str())
    };
    if value("transfer-encoding") == Some("chunked") {
        return Body::Chunked(0);
    }
    let length = value("content-length").and_then(|length| length.parse().ok());
    Body::Length(length.unwrap_or(0))
}

fn invalid(problem: String) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, problem)
}
