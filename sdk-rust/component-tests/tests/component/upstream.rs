//! An upstream on loopback, and the client of the component. Each path is one behaviour.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// How long a read or a write waits, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the three requests of `together` wait for each other.
static TOGETHER: Barrier = Barrier::new(3);

/// Starts an upstream. Its threads end with the process.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || respond(stream.unwrap()));
        }
    });
    address
}

/// The head of a message, and its body.
pub(crate) struct Message {
    pub(crate) head: String,
    body: BufReader<TcpStream>,
    left: Framing,
}

enum Framing {
    Length(u64),
    Chunked { left: u64, is_last: bool },
    UntilClose,
}

impl Message {
    fn read(stream: TcpStream, is_response: bool) -> Option<Self> {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut body = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if body.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let head = head.to_lowercase();
        let left = if head.contains("\r\ntransfer-encoding: chunked\r\n") {
            Framing::Chunked {
                left: 0,
                is_last: false,
            }
        } else if let Some(length) = field(&head, "content-length") {
            Framing::Length(length.parse().unwrap())
        } else if is_response {
            Framing::UntilClose
        } else {
            Framing::Length(0)
        };
        Some(Self { head, body, left })
    }

    pub(crate) fn status(&self) -> String {
        self.head.split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// The number of bytes of the body. Fails if it does not come to its end.
    pub(crate) fn count(&mut self) -> std::io::Result<u64> {
        std::io::copy(self, &mut std::io::sink())
    }

    pub(crate) fn text(&mut self) -> String {
        let mut text = String::new();
        self.read_to_string(&mut text).unwrap();
        text
    }

    /// Waits until the other side closes the connection.
    fn wait_for_close(&mut self) {
        drop(std::io::copy(&mut self.body, &mut std::io::sink()));
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.body.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().skip(1);
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

impl Read for Message {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if let Framing::Chunked {
            left: 0,
            is_last: false,
        } = self.left
        {
            let size = self.line()?;
            let size = u64::from_str_radix(&size, 16).map_err(std::io::Error::other)?;
            self.left = Framing::Chunked {
                left: size,
                is_last: size == 0,
            };
            if size == 0 {
                self.line()?;
            }
        }
        let left = match self.left {
            Framing::Length(left) | Framing::Chunked { left, .. } => left,
            Framing::UntilClose => u64::MAX,
        };
        let n_bytes = (&mut self.body).take(left).read(buffer)?;
        let read = n_bytes as u64;
        match &mut self.left {
            Framing::UntilClose => {}
            Framing::Length(left) | Framing::Chunked { left, .. } => {
                if read == 0 && *left > 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                *left -= read;
                if let Framing::Chunked {
                    left: 0,
                    is_last: false,
                } = self.left
                {
                    self.line()?;
                }
            }
        }
        Ok(n_bytes)
    }
}

fn respond(stream: TcpStream) -> Option<()> {
    let mut writer = stream.try_clone().unwrap();
    let mut request = Message::read(stream, false)?;
    let path = request.head.split(' ').nth(1)?.to_owned();
    let mut parts = path.split(['/', '?']).skip(1);
    let (what, argument) = (parts.next()?, parts.next().unwrap_or_default());
    let text = |text: &str| {
        let length = text.len();
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{text}")
    };
    match what {
        "head" => writer
            .write_all(text(&request.head.clone()).as_bytes())
            .ok()?,
        "count" => {
            let answer = match request.count() {
                Ok(n_bytes) => format!("{} of {}", n_bytes, framing(&request)),
                Err(error) => format!("the body is cut: {error}"),
            };
            writer.write_all(text(&answer).as_bytes()).ok()?;
        }
        // No response comes before parts of all bodies have arrived.
        "together" => {
            let mut first = vec![0; 1 << 20];
            request.read_exact(&mut first).ok()?;
            TOGETHER.wait();
            let n_bytes = first.len() as u64 + request.count().ok()?;
            writer
                .write_all(text(&n_bytes.to_string()).as_bytes())
                .ok()?;
        }
        // The response comes before the body is read, and the rest is never read.
        "early" => {
            writer.write_all(text("early").as_bytes()).ok()?;
            thread::park_timeout(PATIENCE);
        }
        // Each piece of the body is sent back before the next one is read.
        "echo" => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
            writer.write_all(head.as_bytes()).ok()?;
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let n_bytes = request.read(&mut buffer).ok()?;
                write!(writer, "{n_bytes:x}\r\n").ok()?;
                writer.write_all(&buffer[..n_bytes]).ok()?;
                write!(writer, "\r\n").ok()?;
                if n_bytes == 0 {
                    break;
                }
            }
        }
        "bytes" => {
            let n_bytes: u64 = argument.parse().ok()?;
            write!(
                writer,
                "HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n\r\n"
            )
            .ok()?;
            std::io::copy(&mut std::io::repeat(b'u').take(n_bytes), &mut writer).ok()?;
        }
        "silence" => request.wait_for_close(),
        "half" => {
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab").ok()?;
            request.wait_for_close();
        }
        "cut" => write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab").ok()?,
        "redirect" => write!(
            writer,
            "HTTP/1.1 {argument} Moved\r\nlocation: /count\r\ncontent-length: 0\r\n\r\n"
        )
        .ok()?,
        other => writer.write_all(text(other).as_bytes()).ok()?,
    }
    Some(())
}

fn framing(request: &Message) -> String {
    match request.field("content-length") {
        Some(length) => format!("content-length {length}"),
        None if request.field("transfer-encoding").is_some() => "chunked".to_owned(),
        None => "no framing".to_owned(),
    }
}

/// Sends a request whose body has `n_bytes` bytes, and returns the response.
pub(crate) fn send(to: SocketAddr, path: &str, fields: &str, n_bytes: Option<u64>) -> Message {
    try_send(to, path, fields, n_bytes).expect("the component responds")
}

/// As [`send`]. `None` if the server closes the connection before the head of the response.
pub(crate) fn try_send(
    to: SocketAddr,
    path: &str,
    fields: &str,
    n_bytes: Option<u64>,
) -> Option<Message> {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let (method, framing) = match n_bytes {
        Some(n_bytes) => ("POST", format!("content-length: {n_bytes}\r\n")),
        None => ("GET", String::new()),
    };
    write!(
        writer,
        "{method} {path} HTTP/1.1\r\nhost: client.test\r\n{fields}{framing}\r\n"
    )
    .unwrap();
    // A component may not read the whole body, so an error says nothing.
    thread::spawn(move || {
        let mut body = std::io::repeat(b'c').take(n_bytes.unwrap_or_default());
        drop(std::io::copy(&mut body, &mut writer));
    });
    Message::read(stream, true)
}
