//! A server on loopback that writes fixed bytes, and more of them when the test lets it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What the server does on each connection, in order: one request, one response.
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    /// What is written after it, when the test lets it.
    pub(super) rest: Option<(oneshot::Receiver<()>, Vec<u8>)>,
    /// Whether the connection stays open when everything is written.
    pub(super) stays: bool,
}

impl From<&[u8]> for Answer {
    fn from(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            rest: None,
            stays: false,
        }
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::from(text.as_bytes())
    }
}

/// Answers as many connections as there are answers, one after the other.
pub(super) async fn serve(answers: Vec<Answer>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(respond(stream, answer));
        }
    });
    address
}

async fn respond(mut stream: TcpStream, answer: Answer) {
    read_request(&mut stream).await;
    // The client may have gone, which is what some tests are about.
    let _is_written = stream.write_all(&answer.bytes).await;
    if let Some((released, rest)) = answer.rest {
        let _is_released = released.await;
        let _is_written = stream.write_all(&rest).await;
    }
    if answer.stays {
        std::future::pending::<()>().await;
    }
    let _is_closed = stream.shutdown().await;
}

/// Reads a head and the body that it announces.
async fn read_request(stream: &mut TcpStream) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = received.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let is_whole = if text.contains("transfer-encoding: chunked") {
                received.ends_with(b"0\r\n\r\n")
            } else {
                received.len() >= head + 4 + length.unwrap_or(0)
            };
            if is_whole {
                return;
            }
        }
        let n_bytes = stream.read(&mut buffer).await.unwrap_or(0);
        if n_bytes == 0 {
            return;
        }
        received.extend_from_slice(&buffer[..n_bytes]);
    }
}

/// An address where nothing listens.
pub(super) async fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
