//! What the harness costs beside what it is made of, and what the guests of each SDK cost.
//!
//! - `outbound`: `send_request` of the Rust SDK, many calls in one invocation, against hyper alone with the same
//!   client settings and the same upstream; each response is read to its end.
//! - `instance`: a fresh instance and one call, against wasmtime's bare instantiate-and-call.
//! - `guests`: equal guests of the SDKs, and of the published Rust SDK, beside each other.
//! - `server`: `spin-harness up` against `wasmtime serve`.
//!
//! The figures of a run depend on the machine; the ratios travel.

mod bare;
mod compare;
mod guests;
mod outbound;
mod server;
mod upstream;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Instances at a time, for everything that is measured here.
const INSTANCES: u32 = 100;

/// The guest of the published Rust SDK, which is of `wasi:http`.
const STOCK: &str = "spin-sdk 5.2";

/// The guest that the harness itself is measured with.
const REFERENCE: &str = "rust";

fn main() -> Result<()> {
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
        .ok_or("give the guests as NAME=FILE, `rust` among them; `cargo xtask bench` does")?;
    let reference = std::fs::read(&reference.1)?;
    let runtime = Runtime::new()?;
    let mut out = std::io::stdout().lock();
    if "outbound".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::calls(&mut out, &runtime, &reference)?;
    }
    if "instance".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::instances(&mut out, &runtime, &reference)?;
    }
    if "server".contains(&filter) {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        let (Some(spin_harness), Some(wasmtime)) = (path("SPIN_HARNESS"), path("WASMTIME")) else {
            return Err(
                "name the commands in SPIN_HARNESS and WASMTIME; `cargo xtask bench` does".into(),
            );
        };
        let stock = guests
            .iter()
            .find(|(name, _)| name == STOCK)
            .ok_or("give the guest of the published SDK; `cargo xtask bench` does")?;
        server::all(&mut out, &runtime, &stock.1, &spin_harness, &wasmtime)?;
    }
    if "guests".contains(&filter) {
        guests::all(&mut out, &runtime, &guests)?;
    }
    Ok(())
}
