//! Guests of our SDKs against equivalent guests of the published SDKs, measured alternately.

use std::io::Write;
use std::path::PathBuf;

use bytes::Bytes;
use spin_harness::Guest;
use tokio::runtime::Runtime;

use crate::compare::{Comparison, HOW, compare};
use crate::guests::{guest, handle};
use crate::outbound::at_a_time;
use crate::{PUBLISHED, REFERENCE, Result, upstream};

/// Our guest and the published one, by the names that `cargo xtask bench` gives them.
const PAIRS: [(&str, &str); 8] = [
    (REFERENCE, PUBLISHED),
    (REFERENCE, "spin-sdk 7"),
    ("rust-wasi", PUBLISHED),
    ("rust-wasi", "spin-sdk 7"),
    ("javascript", "Spin JS SDK 1.0"),
    ("javascript-wasi", "Spin JS SDK 1.0"),
    ("python", "PyPI spin-sdk 3.4"),
    ("python-wasi", "PyPI spin-sdk 3.4"),
];

/// Fresh instances of each side per round.
const FRESH: u32 = 50;

/// Outbound calls of each side per round, in one instance.
const CALLS: u32 = 500;

/// Prints size, times and their ratios for each pair of guests that was built.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    guests: &[(String, PathBuf)],
) -> Result<()> {
    let built = |name: &str| guests.iter().find(|(built, _)| built == name);
    writeln!(out, "\n{HOW}")?;
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "a guest of", "published", "ours"
    )?;
    for (ours, published) in PAIRS {
        let (Some((_, our_path)), Some((_, published_path))) = (built(ours), built(published))
        else {
            continue;
        };
        let (our_component, published_component) =
            (std::fs::read(our_path)?, std::fs::read(published_path)?);
        let megabytes = |component: &[u8]| component.len() as f64 / 1e6;
        let (our_size, published_size) =
            (megabytes(&our_component), megabytes(&published_component));
        writeln!(
            out,
            "{ours} against {published}\n{:<34} {published_size:>9.2} MB {our_size:>9.2} MB   {:.2}",
            "  size",
            our_size / published_size
        )?;
        let upstream = upstream::start(0)?;
        let guest_of = |component: &[u8]| guest(component, &upstream);
        let sides = (guest_of(&our_component)?, guest_of(&published_component)?);
        let fresh = against(runtime, &sides, "/hello", FRESH, FRESH)?;
        writeln!(out, "{:<34} {fresh}", "  a fresh instance and call")?;
        let calls = against(runtime, &sides, &format!("/calls/{CALLS}"), 1, CALLS)?;
        writeln!(out, "{:<34} {calls}", "  an outbound call")?;
        out.flush()?;
    }
    Ok(())
}

/// Compares the time of one part of a round, which has `n_parts` of them and sends each side `n_requests` requests.
fn against(
    runtime: &Runtime,
    (ours, published): &(Guest, Guest),
    path: &str,
    n_requests: u32,
    n_parts: u32,
) -> Result<Comparison> {
    let turn = |guest: &Guest| {
        runtime.block_on(at_a_time(1, || {
            let (guest, path) = (guest.clone(), path.to_owned());
            async move {
                for _ in 0..n_requests {
                    handle(&guest, &path, &Bytes::new()).await?;
                }
                Ok(())
            }
        }))
    };
    compare(n_parts, || turn(published), || turn(ours))
}
