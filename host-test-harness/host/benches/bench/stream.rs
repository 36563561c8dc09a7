//! The memory of `spin-harness up` while a guest relays a body that is larger than it would hold.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::process::Server;
use crate::upstream;

/// The size of the relayed body: 256 MiB, in pieces of 64 KiB.
const PIECES: usize = 4 << 10;
const PIECE_BYTES: usize = 64 << 10;

/// How often the memory is read.
const INTERVAL: Duration = Duration::from_millis(5);

/// The growth of the server's memory in MiB while the guest relays the body, or why it does not.
pub(crate) fn growth(
    runtime: &Runtime,
    spin_harness: &Path,
    component: &Path,
) -> crate::Result<String> {
    let upstream = upstream::streaming_echo()?;
    let folder = tempfile::tempdir()?;
    let manifest = format!(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"bench\"\n[component.bench]\nsource = {component:?}\n\
         environment = {{ UPSTREAM = \"http://{upstream}/\" }}\nallowed_outbound_hosts = [\"http://{upstream}\"]\n"
    );
    let limits = ["--max-request-body", "1GiB", "--max-response-body", "1GiB"];
    let server = Server::up(spin_harness, folder.path(), &manifest, &limits)?;
    runtime.block_on(async {
        relay(&server.authority, 1).await?;
        let before = server.resident_bytes()?;
        let relayed = relay(&server.authority, PIECES);
        let mut relayed = std::pin::pin!(relayed);
        let mut highest = before;
        let n_bytes = loop {
            tokio::select! {
                relayed = &mut relayed => break relayed,
                () = tokio::time::sleep(INTERVAL) => highest = highest.max(server.resident_bytes()?),
            }
        };
        let mib = (highest - before) as f64 / f64::from(1 << 20);
        Ok(match n_bytes {
            Ok(n_bytes) if n_bytes == PIECES * PIECE_BYTES => format!("{mib:.1} MiB"),
            Ok(n_bytes) => format!("{} MiB back", n_bytes >> 20),
            Err(error) => error.to_string(),
        })
    })
}

/// A body of one piece, again and again.
struct Pieces {
    piece: Bytes,
    n_left: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.n_left.checked_sub(1).map(|n_left| {
            self.n_left = n_left;
            Ok(Frame::data(self.piece.clone()))
        });
        Poll::Ready(next)
    }
}

/// Sends so many pieces to the relay of the guest, and returns the number of bytes that come back.
async fn relay(authority: &str, n_pieces: usize) -> crate::Result<usize> {
    let stream = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::post("/relay")
        .header("host", authority)
        .body(Pieces {
            piece: Bytes::from(vec![b'x'; PIECE_BYTES]),
            n_left: n_pieces,
        })?;
    let mut response = sender.send_request(request).await?;
    if response.status() != 200 {
        return Err(response.status().to_string().into());
    }
    let mut n_bytes = 0;
    while let Some(frame) = response.frame().await {
        n_bytes += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(n_bytes)
}
