//! A scripted upstream on loopback: records each request byte for byte, and sends scripted responses.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The time after which the upstream gives up waiting for a byte, and a test for a request: 20 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// The scripted reaction to one request.
#[derive(Clone)]
pub enum ScriptedResponse {
    /// Sends these bytes and keeps the connection open.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    BytesThenClose(Vec<u8>),
    /// Sends nothing until the client closes the connection.
    Silence,
}

impl ScriptedResponse {
    pub fn ok(body: impl AsRef<str>) -> Self {
        let body = body.as_ref();
        Self::Bytes(
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into(),
        )
    }

    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::BytesThenClose(bytes.as_ref().to_vec())
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::Bytes(
            format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
                .into(),
        )
    }
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The index of its connection, from 0.
    pub connection: usize,
    /// Request line and header section.
    pub head: String,
    pub body: Vec<u8>,
}

impl ReceivedRequest {
    pub fn request_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// All values of a field, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let fields = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        fields
            .filter(|(field, _)| *field == name)
            .map(|(_, value)| value)
            .collect()
    }
}

pub struct Upstream {
    address: SocketAddr,
    seen: Mutex<Receiver<ReceivedRequest>>,
}

impl Upstream {
    /// Starts an upstream that handles the n-th request as the n-th entry says; closes the connection at later ones.
    pub fn start(script: impl IntoIterator<Item = ScriptedResponse>) -> Self {
        let mut script: Vec<ScriptedResponse> = script.into_iter().collect();
        script.reverse();
        Self::serve(Arc::new(Mutex::new(Script::Listed(script))))
    }

    /// Starts an upstream that handles every request alike.
    pub fn always(answer: ScriptedResponse) -> Self {
        Self::serve(Arc::new(Mutex::new(Script::Always(answer))))
    }

    fn serve(script: Arc<Mutex<Script>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (sender, seen) = mpsc::channel();
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (sender, script) = (sender.clone(), Arc::clone(&script));
                thread::spawn(move || converse(stream, connection, &script, &sender));
            }
        });
        Self {
            address,
            seen: Mutex::new(seen),
        }
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request; fails the test if none arrives.
    #[track_caller]
    pub fn next(&self) -> ReceivedRequest {
        self.seen
            .lock()
            .unwrap()
            .recv_timeout(PATIENCE)
            .expect("the upstream receives a request in time")
    }

    /// The requests that have arrived and that [`next`](Self::next) has not returned.
    pub fn rest(&self) -> Vec<ReceivedRequest> {
        self.seen.lock().unwrap().try_iter().collect()
    }
}

enum Script {
    Listed(Vec<ScriptedResponse>),
    Always(ScriptedResponse),
}

impl Script {
    fn next(&mut self) -> Option<ScriptedResponse> {
        match self {
            Self::Listed(answers) => answers.pop(),
            Self::Always(answer) => Some(answer.clone()),
        }
    }
}

/// Serves one connection until it fails or is closed.
fn converse(
    mut stream: TcpStream,
    connection: usize,
    script: &Mutex<Script>,
    seen: &Sender<ReceivedRequest>,
) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_nodelay(true).ok()?;
    let mut pending = Vec::new();
    loop {
        let head_end = read_until(&mut stream, &mut pending, |bytes| {
            bytes
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
                .map(|at| at + 4)
        })?;
        let head = String::from_utf8_lossy(&pending[..head_end]).into_owned();
        let (body, end) = if head.contains("transfer-encoding: chunked\r\n") {
            let end = read_until(&mut stream, &mut pending, |bytes| {
                chunked(&bytes[head_end..]).map(|(_, n_bytes)| head_end + n_bytes)
            })?;
            (chunked(&pending[head_end..end])?.0, end)
        } else {
            let body_length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                .unwrap_or(0);
            let end = head_end + body_length;
            read_until(&mut stream, &mut pending, |bytes| {
                (bytes.len() >= end).then_some(end)
            })?;
            (pending[head_end..end].to_vec(), end)
        };
        pending.drain(..end);
        let answer = script.lock().ok()?.next();
        seen.send(ReceivedRequest {
            connection,
            head,
            body,
        })
        .ok()?;
        match answer? {
            ScriptedResponse::Bytes(bytes) => stream.write_all(&bytes).ok()?,
            ScriptedResponse::BytesThenClose(bytes) => {
                stream.write_all(&bytes).ok()?;
                stream.shutdown(Shutdown::Write).ok()?;
                return io::copy(&mut stream, &mut io::sink()).ok().map(drop);
            }
            ScriptedResponse::Silence => {
                return io::copy(&mut stream, &mut io::sink()).ok().map(drop);
            }
        }
    }
}

/// Decodes a chunked body without trailers; returns it with its encoded size, or `None` if it is incomplete.
fn chunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line_bytes = bytes[at..]
            .windows(2)
            .position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[at..at + line_bytes]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        at += line_bytes + 2;
        body.extend_from_slice(bytes.get(at..at + size)?);
        at += size;
        (bytes.get(at..at + 2)? == b"\r\n").then_some(())?;
        at += 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}

fn read_until(
    stream: &mut TcpStream,
    pending: &mut Vec<u8>,
    complete: impl Fn(&[u8]) -> Option<usize>,
) -> Option<usize> {
    let mut chunk = [0; 16 << 10];
    loop {
        if let Some(end) = complete(pending) {
            return Some(end);
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n_bytes) => pending.extend_from_slice(&chunk[..n_bytes]),
        }
    }
}
