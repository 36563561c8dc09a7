//! Many requests, each with outbound calls: no error, no memory that grows, no connection that stays.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::load::{Ask, Load, Until};
use crate::process::Server;
use crate::{Result, upstream};

const CONNECTIONS: usize = 64;

/// Requests between two looks at the server, and how many there are.
const LEG: u64 = 10_000;
const LEGS: u64 = 20;

/// Legs after which every part of the server has been used.
const WARM_UP: u64 = 5;

/// By how much memory may differ from what it was after the warm-up: what the allocator keeps varies.
const GROWTH: f64 = 0.1;

/// When the last idle connection to an upstream is closed: the harness keeps one for 50 s, and hyper looks after them
/// as often.
const ALL_CLOSED: Duration = Duration::from_secs(110);

/// A guest of `fermyon:spin/http` with one outbound call, and one of `wasi:http` with two.
const ASKS: [Ask; 2] = [
    Ask {
        path: "/calls/1",
        want: "1024",
    },
    Ask {
        path: "/calls/2",
        want: "2048",
    },
];

/// Prints a line for each leg; fails if the server does not hold out.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    spin: &Path,
    wasi: &Path,
    spin_harness: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nA soak of `spin-harness up`: {} requests over {CONNECTIONS} connections, half to a guest of \
         fermyon:spin/http with one\noutbound call, half to one of wasi:http with two.\n\n{:>10} {:>12} {:>12} {:>14} {:>9}",
        LEG * LEGS,
        "requests",
        "per second",
        "p99",
        "resident",
        "sockets"
    )?;
    let upstream = upstream::start(1 << 10)?;
    let folder = tempfile::tempdir()?;
    let mut manifest = String::new();
    for (name, path, source) in [("spin", "/calls/1", spin), ("wasi", "/calls/2", wasi)] {
        manifest += &format!(
            "[[trigger.http]]\nroute = {path:?}\ncomponent = {name:?}\n[component.{name}]\nsource = {source:?}\n\
             environment = {{ UPSTREAM = \"http://{upstream}/\" }}\nallowed_outbound_hosts = [\"http://{upstream}\"]\n"
        );
    }
    let server = Server::up(spin_harness, folder.path(), &manifest)?;
    let at_rest = server.n_sockets()?;
    let mut warm = None;
    for leg in 1..=LEGS {
        let load = Load::run(&server.authority, CONNECTIONS, &ASKS, Until::Answered(LEG));
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
                "memory has grown by more than {:.0} % since request {}",
                GROWTH * 100.0,
                WARM_UP * LEG
            )
            .into());
        }
    }
    let started = Instant::now();
    let mut looks = {
        let _context = runtime.enter();
        tokio::time::interval(Duration::from_secs(1))
    };
    while server.n_sockets()? > at_rest {
        if started.elapsed() > ALL_CLOSED {
            let left = server.n_sockets()? - at_rest;
            return Err(format!("{left} connections are left open").into());
        }
        runtime.block_on(looks.tick());
    }
    Ok(writeln!(
        out,
        "No error; {:.0} s after the last request all connections are closed.",
        started.elapsed().as_secs_f64()
    )?)
}
