//! What the harness costs beside what it is made of, and what the guests of each SDK cost.
//!
//! - `outbound`: `send_request` of the Rust SDK, many calls in one invocation, against hyper alone with the same
//!   client settings and the same upstream; each response is read to its end.
//! - `instance`: a fresh instance and one call, against wasmtime's bare instantiate-and-call.
//! - `guests`: equal guests of the SDKs, beside each other.
//!
//! The figures of a run depend on the machine; the ratios travel.

mod bare;
mod compare;
mod guests;
mod outbound;
mod upstream;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Instances at a time, for everything that is measured here.
const INSTANCES: u32 = 100;

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
    if "guests".contains(&filter) {
        guests::all(&mut out, &runtime, &guests)?;
    }
    Ok(())
}
