//! `spin-harness up` against `wasmtime serve`, the same component of `wasi:http` in both, the same load.

use std::io::{BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Result;
use crate::compare::Spread;

/// Connections at a time.
const CONNECTIONS: [usize; 3] = [1, 16, 128];

/// How long one turn sends requests.
const TURN: Duration = Duration::from_secs(2);

/// How often the two take turns, after one turn that does not count.
const ROUNDS: usize = 5;

/// How long a server may take to compile the component and say where it listens.
const START: Duration = Duration::from_secs(60);

/// Prints a line for each number of connections.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    component: &Path,
    spin_harness: &Path,
    wasmtime: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nOne hello of wasi:http behind a port, a fresh instance for each request; medians of {ROUNDS} turns of {} s. \
         The ratio is that\nof requests per second, more is better, with its range in brackets.\n\n{:<16} {:>22} {:>22}   ratio",
        TURN.as_secs(),
        "connections",
        "wasmtime serve",
        "spin-harness up"
    )?;
    let folder = tempfile::tempdir()?;
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"bench\"\n[[trigger.http]]\nroute = \"/...\"\n\
         component = \"bench\"\n[component.bench]\nsource = {:?}\n",
        component
            .to_str()
            .ok_or("the component's path is no text")?
    );
    std::fs::write(folder.path().join("spin.toml"), manifest)?;
    let theirs = Server::start(
        Command::new(wasmtime)
            .args(["serve", "-S", "cli,http", "--addr", "127.0.0.1:0"])
            .arg(component),
    )?;
    let ours = Server::start(
        Command::new(spin_harness)
            .args(["up", "--listen", "127.0.0.1:0", "--from"])
            .arg(folder.path()),
    )?;
    for n_connections in CONNECTIONS {
        let (mut them, mut us, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let their_turn = runtime.block_on(load(&theirs.authority, n_connections))?;
            let our_turn = runtime.block_on(load(&ours.authority, n_connections))?;
            if round > 0 {
                ratios.push(our_turn.per_second / their_turn.per_second);
                them.push(their_turn);
                us.push(our_turn);
            }
        }
        let ratio = Spread::of(ratios).ok_or("no turn was measured")?;
        writeln!(
            out,
            "{n_connections:<16} {:>22} {:>22}   {ratio}",
            shown(&them)?,
            shown(&us)?
        )?;
        out.flush()?;
    }
    Ok(())
}

fn shown(turns: &[Turn]) -> Result<String> {
    let median = |figure: fn(&Turn) -> f64| {
        Spread::of(turns.iter().map(figure).collect()).ok_or("no turn was measured")
    };
    Ok(format!(
        "{:.0}/s, p99 {:.1} ms",
        median(|turn| turn.per_second)?.median,
        median(|turn| turn.p99_ms)?.median
    ))
}

/// A server in a process of its own, which ends with this value.
struct Server {
    process: Child,
    authority: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, addresses) = std::sync::mpsc::channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(process.stdout.take().ok_or("it has a stdout")?),
            Box::new(process.stderr.take().ok_or("it has a stderr")?),
        ];
        for output in outputs {
            let sender = sender.clone();
            // To its end, since a log that nobody reads would hold the server up.
            std::thread::spawn(move || {
                for line in BufReader::new(output)
                    .lines()
                    .map_while(std::io::Result::ok)
                {
                    if let Some((_, address)) = line.split_once("http://") {
                        drop(sender.send(address.trim_end_matches('/').to_owned()));
                    }
                }
            });
        }
        let authority = addresses
            .recv_timeout(START)
            .map_err(|error| format!("the server does not say where it listens: {error}"))?;
        Ok(Self { process, authority })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

struct Turn {
    per_second: f64,
    p99_ms: f64,
}

/// Sends requests over a number of connections, each one after the other, until the time is over.
async fn load(authority: &str, n_connections: usize) -> Result<Turn> {
    let started = Instant::now();
    let mut connections = JoinSet::new();
    for _ in 0..n_connections {
        let authority = authority.to_owned();
        connections.spawn(async move {
            connection(&authority, started + TURN)
                .await
                .map_err(|error| error.to_string())
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = connections.join_next().await {
        times.extend(ended??);
    }
    let elapsed = started.elapsed();
    times.sort_unstable();
    let p99 = times
        .get(times.len() * 99 / 100)
        .ok_or("no request was answered")?;
    Ok(Turn {
        per_second: times.len() as f64 / elapsed.as_secs_f64(),
        p99_ms: p99.as_secs_f64() * 1e3,
    })
}

async fn connection(authority: &str, until: Instant) -> Result<Vec<Duration>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut times = Vec::new();
    while Instant::now() < until {
        let request = Request::get("/hello")
            .header(header::HOST, authority)
            .body(Empty::<Bytes>::new())?;
        let started = Instant::now();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        if body != "hello" {
            return Err(format!("{body:?} came back").into());
        }
        times.push(started.elapsed());
    }
    Ok(times)
}
