//! Measures the overhead of the harness over hyper and wasmtime, and the cost of each SDK's guests.
//!
//! - `outbound`: `send_request` of the Rust SDK, many calls in one invocation, against hyper alone with the same
//!   client settings and the same upstream; each response body is read to its end.
//! - `mocks`: an outbound call that a mock answers, against one that a component of the application answers in process.
//! - `instance`: a fresh instance and one call, one or 64 at a time, against instantiate-and-call of wasmtime alone.
//! - `drivers`: a request with a mocked call by the drivers of Python, Node and Go, against Rust's.
//! - `guests`: equivalent guests of our SDKs and of the published ones: the cost of each, and ratios of pairs; a body of
//!   1 GiB that one of them relays, against hyper alone.
//! - `server`: `spin-harness up` against `wasmtime serve`, and `up --inspect` against `up`; the memory of a connection.
//! - `soak`: 200,000 requests with outbound calls, half of the calls mocked, with the traffic page on; fails if a request
//!   fails, memory grows or a connection stays open.
//!
//! Absolute values depend on the machine; ratios are comparable across machines.

mod bare;
mod compare;
mod connections;
mod drivers;
mod guests;
mod load;
mod outbound;
mod process;
mod published;
mod server;
mod soak;
mod stream;
mod upstream;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The limit on concurrent instances in all benchmarks.
const INSTANCES: u32 = 100;

/// The guest of the published Rust SDK for `wasi:http` 0.2.
const PUBLISHED: &str = "spin-sdk 5.2";

/// The guest that measures the harness itself.
const REFERENCE: &str = "rust";

/// The guest whose bodies stream.
const STREAMING: &str = "rust-wasi";

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some(drivers::PROGRAM) => return drivers::program(),
        Some(stream::RELAY) => return stream::relay_of_hyper(),
        _ => {}
    }
    let mut filter = String::new();
    let mut guests = Vec::new();
    // `cargo bench` adds `--bench`.
    for argument in std::env::args().skip(1).filter(|text| text != "--bench") {
        match argument.split_once('=') {
            Some((name, path)) => guests.push((name.to_owned(), PathBuf::from(path))),
            None => filter = argument,
        }
    }
    let reference = guests
        .iter()
        .find(|(name, _)| name == REFERENCE)
        .ok_or("missing guest `rust`; pass each guest as NAME=FILE, or use `cargo xtask bench`")?;
    let component = std::fs::read(&reference.1)?;
    let runtime = Runtime::new()?;
    let mut out = std::io::stdout().lock();
    if "outbound".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::calls(&mut out, &runtime, &component)?;
    }
    if "mocks".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::mocks(&mut out, &runtime, &component)?;
    }
    if "instance".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::instances(&mut out, &runtime, &component)?;
    }
    if "drivers".contains(&filter) {
        drivers::all(&mut out, &reference.1)?;
    }
    let command = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.ok_or_else(|| {
            format!("set {name} to the path of a command, or use `cargo xtask bench`")
        })
    };
    let published = || {
        let published = guests.iter().find(|(name, _)| name == PUBLISHED);
        published
            .ok_or("missing guest `spin-sdk 5.2`; pass it as NAME=FILE, or use `cargo xtask bench`")
    };
    if "server".contains(&filter) {
        let (spin_harness, wasmtime) = (command("SPIN_HARNESS")?, command("WASMTIME")?);
        server::all(
            &mut out,
            &runtime,
            &published()?.1,
            &spin_harness,
            &wasmtime,
        )?;
    }
    if "guests".contains(&filter) {
        let spin_harness = command("SPIN_HARNESS")?;
        guests::all(&mut out, &runtime, &guests, &spin_harness)?;
        if let Some((_, component)) = guests.iter().find(|(name, _)| name == STREAMING) {
            stream::speed(&mut out, &runtime, &spin_harness, component)?;
        }
        published::all(&mut out, &runtime, &guests)?;
    }
    if "soak".contains(&filter) {
        let spin_harness = command("SPIN_HARNESS")?;
        soak::all(
            &mut out,
            &runtime,
            &reference.1,
            &published()?.1,
            &spin_harness,
        )?;
    }
    Ok(())
}
