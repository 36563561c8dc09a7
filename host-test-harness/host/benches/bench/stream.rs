//! The memory and the speed of `spin-harness up` while a guest relays a body that is larger than it would hold.

use std::convert::Infallible;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::compare::Spread;
use crate::process::{self, Server};
use crate::upstream;

/// The argument with which this program is a relay of hyper alone, to the upstream `UPSTREAM`.
pub(crate) const RELAY: &str = "relay";

/// The size of the relayed body when memory is measured: 256 MiB, in pieces of 64 KiB.
const PIECES: usize = 4 << 10;
const PIECE_BYTES: usize = 64 << 10;

/// The size of the relayed body when time is measured: 1 GiB.
const TIMED_PIECES: usize = 16 << 10;

/// The number of measured relays by each side; they follow a smaller one.
const ROUNDS: usize = 5;

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
    let server = up(spin_harness, folder.path(), component, &upstream)?;
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

/// Prints the speed of the relay beside that of a relay of hyper alone, in a process of its own too.
pub(crate) fn speed(
    out: &mut dyn Write,
    runtime: &Runtime,
    spin_harness: &Path,
    component: &Path,
) -> crate::Result<()> {
    let upstream = upstream::streaming_echo()?;
    let folder = tempfile::tempdir()?;
    let ours = up(spin_harness, folder.path(), component, &upstream)?;
    let mut relay_of_hyper = Command::new(std::env::current_exe()?);
    relay_of_hyper.arg(RELAY).env("UPSTREAM", &upstream);
    let hyper = Server::start(&mut relay_of_hyper)?;
    let per_second = |server: &Server| {
        let started = Instant::now();
        let n_bytes = runtime.block_on(relay(&server.authority, TIMED_PIECES))?;
        if n_bytes != TIMED_PIECES * PIECE_BYTES {
            return Err(format!("{n_bytes} bytes came back").into());
        }
        crate::Result::Ok(n_bytes as f64 / f64::from(1 << 20) / started.elapsed().as_secs_f64())
    };
    for server in [&hyper, &ours] {
        runtime.block_on(relay(&server.authority, PIECES))?;
    }
    let (mut of_hyper, mut of_ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (hyper, ours) = (per_second(&hyper)?, per_second(&ours)?);
        of_hyper.push(hyper);
        of_ours.push(ours);
        ratios.push(ours / hyper);
    }
    let spread = |values| Spread::of(values).ok_or("no round was measured");
    Ok(writeln!(
        out,
        "\nA body of 1 GiB that a relay sends on and back at the same time; medians of {ROUNDS} rounds. MiB per second, each \
         way: higher is\nbetter. The ratio is spin-harness / hyper; above 1 spin-harness is better.\n\n\
         {:<34} {:>12} {:>12}   ratio\n{:<34} {:>12.0} {:>12.0}   {}",
        "",
        "hyper",
        "up",
        crate::STREAMING,
        spread(of_hyper)?.median,
        spread(of_ours)?.median,
        spread(ratios)?
    )?)
}

/// A relay of hyper alone: it sends each request on to `UPSTREAM`, over a connection of its own.
pub(crate) fn relay_of_hyper() -> crate::Result<()> {
    let upstream = std::env::var("UPSTREAM")?;
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let mut out = std::io::stdout();
        writeln!(out, "http://{}", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let upstream = upstream.clone();
            let service = service_fn(move |request| send_on(upstream.clone(), request));
            let connection =
                server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    })
}

async fn send_on(
    upstream: String,
    request: Request<Incoming>,
) -> crate::Result<Response<Incoming>> {
    let stream = TcpStream::connect(&upstream).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::post("/")
        .header("host", &upstream)
        .body(request.into_body())?;
    Ok(sender.send_request(request).await?)
}

/// `spin-harness up` with the guest, which may call the upstream.
fn up(
    spin_harness: &Path,
    folder: &Path,
    component: &Path,
    upstream: &str,
) -> crate::Result<Server> {
    let manifest = process::component("bench", "/...", component, upstream);
    let limits = ["--max-request-body", "1GiB", "--max-response-body", "1GiB"];
    Server::up(spin_harness, folder, &manifest, &limits)
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
