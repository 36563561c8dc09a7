//! What the harness costs beside what it is made of, and what the guests of each SDK cost.
//!
//! - `outbound`: `send_request` of the Rust SDK, many calls in one invocation, against hyper alone with the same
//!   client settings and the same upstream; each response is read to its end.
//! - `instance`: a fresh instance and one call, one or many at a time, against wasmtime's bare instantiate-and-call.
//! - `guests`: equal guests of our SDKs and of the published ones: what each costs, and ratios taken in turn.
//! - `server`: `spin-harness up` against `wasmtime serve`.
//! - `soak`: 200,000 requests with outbound calls; it fails if one fails, if memory grows, or if a connection stays.
//!
//! The figures of a run depend on the machine; the ratios travel.

mod bare;
mod compare;
mod guests;
mod load;
mod outbound;
mod process;
mod published;
mod server;
mod soak;
mod upstream;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Instances at a time, for everything that is measured here.
const INSTANCES: u32 = 100;

/// The guest of the published Rust SDK for `wasi:http` 0.2.
const PUBLISHED: &str = "spin-sdk 5.2";

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
    let component = std::fs::read(&reference.1)?;
    let runtime = Runtime::new()?;
    let mut out = std::io::stdout().lock();
    if "outbound".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::calls(&mut out, &runtime, &component)?;
    }
    if "instance".contains(&filter) {
        writeln!(out, "\n{}", compare::HOW)?;
        outbound::instances(&mut out, &runtime, &component)?;
    }
    let command = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.ok_or_else(|| format!("name a command in {name}; `cargo xtask bench` does"))
    };
    let published = || {
        let published = guests.iter().find(|(name, _)| name == PUBLISHED);
        published.ok_or("give the guest of the published SDK; `cargo xtask bench` does")
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
        guests::all(&mut out, &runtime, &guests)?;
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
