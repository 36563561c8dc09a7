//! A soak test: many requests with outbound calls must not fail, grow the memory or leave connections open.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::load::{Load, LoadRequest, Until};
use crate::process::{self, Server};
use crate::{Result, upstream};

const CONNECTIONS: usize = 64;

/// Requests between two measurements of the server, and the number of measurements.
const LEG: u64 = 10_000;
const LEGS: u64 = 20;

/// Legs after which memory is expected to be stable.
const WARM_UP: u64 = 5;

/// The accepted growth of memory after the warm-up, as a fraction; the allocator's own reserve varies.
const GROWTH: f64 = 0.1;

/// The longest time until all idle upstream connections are closed: the harness keeps one for 50 s, and hyper checks
/// them every 50 s.
const ALL_CLOSED: Duration = Duration::from_secs(110);

/// The upstream that mocks stand for, and its mock; other calls reach the network.
const MOCKED: &str = "mocked.test";
const MOCKS: &str = "unmatched = \"network\"\n[[mock]]\nrequest = { host = \"mocked.test\" }\n";

/// A guest of `fermyon:spin/http` with one outbound call, and one of `wasi:http` with two, which are mocked.
const ASKS: [LoadRequest; 2] = [
    LoadRequest {
        path: "/calls/1",
        want: "1024",
    },
    LoadRequest {
        path: "/calls/2",
        want: "2048",
    },
];

/// Prints a row for each leg; fails if a request fails, memory grows or a connection stays open.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    spin: &Path,
    wasi: &Path,
    spin_harness: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nSoak test of `spin-harness up` with its traffic page: {} requests over {CONNECTIONS} connections, half of them to a \
         guest of\nfermyon:spin/http with one outbound call, half to a guest of wasi:http with two that mocks answer. \
         `requests/s`: higher is better.\n`p99` (time of a request), `resident` (memory) and `sockets` (open ones): \
         lower is better, and the last two must not grow.\n\n{:>10} {:>12} {:>12} {:>14} {:>9}",
        LEG * LEGS,
        "requests",
        "requests/s",
        "p99",
        "resident",
        "sockets"
    )?;
    let upstream = upstream::start(1 << 10)?;
    let folder = tempfile::tempdir()?;
    let mut manifest = String::new();
    for (name, path, source, upstream) in [
        ("spin", "/calls/1", spin, upstream.as_str()),
        ("wasi", "/calls/2", wasi, MOCKED),
    ] {
        manifest += &process::component(name, path, source, upstream);
    }
    let mocks = folder.path().join("mocks.toml");
    let text = "x".repeat(1 << 10);
    std::fs::write(&mocks, format!("{MOCKS}response = {{ text = {text:?} }}\n"))?;
    let mocks = mocks.to_str().ok_or("a path of UTF-8")?;
    let options = ["--inspect", "--mock", mocks];
    let server = Server::up(spin_harness, folder.path(), &manifest, &options)?;
    let at_rest = server.n_sockets()?;
    let mut warm = None;
    for leg in 1..=LEGS {
        let load = Load::run(&server.authority, CONNECTIONS, &ASKS, Until::Sent(LEG));
        let load = runtime.block_on(load)?;
        let resident_bytes = server.resident_bytes()? as f64;
        writeln!(
            out,
            "{:>10} {:>12.0} {:>9.1} ms {:>10.1} MiB {:>9}",
            leg * LEG,
            load.per_second,
            load.p99_ms,
            resident_bytes / f64::from(1 << 20),
            server.n_sockets()?
        )?;
        out.flush()?;
        if leg == WARM_UP {
            warm = Some(resident_bytes);
        }
        if let Some(warm) = warm
            && resident_bytes > warm * (1.0 + GROWTH)
        {
            return Err(format!(
                "memory grew by more than {:.0} % after request {}",
                GROWTH * 100.0,
                WARM_UP * LEG
            )
            .into());
        }
    }
    let started = Instant::now();
    let mut ticks = {
        let _context = runtime.enter();
        tokio::time::interval(Duration::from_secs(1))
    };
    while server.n_sockets()? > at_rest {
        if started.elapsed() > ALL_CLOSED {
            let left = server.n_sockets()? - at_rest;
            return Err(format!(
                "{left} connections are still open {ALL_CLOSED:?} after the last request"
            )
            .into());
        }
        runtime.block_on(ticks.tick());
    }
    Ok(writeln!(
        out,
        "No request failed; all connections were closed {:.0} s after the last request.",
        started.elapsed().as_secs_f64()
    )?)
}
