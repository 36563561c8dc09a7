//! Equivalent guests of our SDKs and of the published ones: size, start time and cost of a call.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use spin_harness::{AllowList, Guest, Harness, Limits};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::bare::Bare;
use crate::compare::{ROUNDS, Spread};
use crate::process::own_private_bytes;
use crate::upstream::Gate;
use crate::{INSTANCES, Result, stream, upstream};

/// Outbound calls in one invocation, from which the time of one call is computed.
const CALLS: u32 = 200;

/// The sizes of relayed bodies: 1 MiB and 16 MiB.
const RELAYED_BYTES: [usize; 2] = [1 << 20, 16 << 20];

/// Outbound calls in one invocation that drops their responses, and the size of each body: 64 KiB.
const DROPPED: (u32, usize) = (10_000, 64 << 10);

/// The width of the column with the guest's name, in characters.
const NAME_WIDTH: usize = 17;

/// Instances that wait for the upstream at the same time.
const WAITING: usize = 50;

/// Prints a row for each guest in each table.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    guests: &[(String, PathBuf)],
    spin_harness: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nEquivalent guests of the SDKs. Lower is better in every column. Times are medians of {ROUNDS} rounds.\n\
         wasmtime alone: `instantiate`, the `first call` and the `next call` of one instance, and its linear memory \
         after 1 and after\n{} outbound calls with dropped bodies of 64 KiB. `-`: wasmtime alone cannot run the guest, \
         or an instance handles one call only.\n`trap`: the guest traps during these calls.\n\
         Harness: `instance` is a fresh instance and one call, `outbound` one of {CALLS} outbound calls, `relay` \
         sends 1 MiB and 16 MiB to the\nupstream and back.\n",
        DROPPED.0
    )?;
    writeln!(
        out,
        "{:<NAME_WIDTH$} {:>9} {:>12} {:>11} {:>10} {:>10} {:>12} {:>18} {:>16}",
        "guest",
        "MB",
        "instantiate",
        "first call",
        "next call",
        "instance",
        "outbound",
        "relay",
        "memory, MiB"
    )?;
    for (name, path) in guests {
        writeln!(out, "{name:<NAME_WIDTH$} {}", line(runtime, path)?)?;
        out.flush()?;
    }
    writeln!(
        out,
        "\nPrivate memory of the harness for each of {WAITING} instances; lower is better. `busy`: the instance waits \
         in an outbound call.\n`idle`: the instance has ended, and its slot is kept for the next one. `stream`: the \
         growth of `spin-harness up` while the guest\nrelays 256 MiB both ways at the same time.\n\n\
         {:<NAME_WIDTH$} {:>10} {:>10} {:>18}",
        "guest", "busy", "idle", "stream"
    )?;
    for (name, path) in guests {
        let (busy, idle) = memory(runtime, &std::fs::read(path)?)?;
        let stream = stream::growth(runtime, spin_harness, path)?;
        writeln!(
            out,
            "{name:<NAME_WIDTH$} {busy:>6.2} MiB {idle:>6.2} MiB {stream:>18}"
        )?;
        out.flush()?;
    }
    Ok(())
}

/// The memory in MiB of an instance that waits for an upstream, and of its slot after the instance has ended.
fn memory(runtime: &Runtime, component: &[u8]) -> Result<(f64, f64)> {
    let gate = Gate::start()?;
    let guest = guest(component, &gate.authority)?;
    runtime.block_on(async {
        // The first instance also allocates memory that all instances share, which must not be counted.
        handle(&guest, "/hello", &Bytes::new()).await?;
        let before = own_private_bytes()? as f64;
        let mut instances = JoinSet::new();
        for _ in 0..WAITING {
            let guest = guest.clone();
            let request = Request::post("/calls/1").body(Bytes::new())?;
            instances.spawn(async move { guest.handle(request).await });
        }
        gate.arrival_of(WAITING).await?;
        let busy = own_private_bytes()? as f64;
        gate.open();
        while let Some(response) = instances.join_next().await {
            response??;
        }
        let idle = own_private_bytes()? as f64;
        let each = |now: f64| (now - before) / (WAITING as f64 * f64::from(1 << 20));
        Ok((each(busy), each(idle)))
    })
}

fn line(runtime: &Runtime, path: &Path) -> Result<String> {
    let component = std::fs::read(path)?;
    // `Bare` cannot call guests of `wasi:http` 0.3, and lacks Spin's other interfaces, all of which the published
    // Python SDK imports.
    let bare = Bare::new(&component).ok();
    let starts = bare.as_ref().map(|bare| runtime.block_on(starts(bare)));
    let starts = starts.transpose()?;
    let empty = guest(&component, &upstream::start(0)?)?;
    let instance = times(|| {
        runtime.block_on(handle(&empty, "/hello", &Bytes::new()))?;
        Ok(())
    })?;
    let outbound = times(|| {
        runtime.block_on(handle(&empty, &format!("/calls/{CALLS}"), &Bytes::new()))?;
        Ok(())
    })?;
    let echo = guest(&component, &upstream::echo()?)?;
    let relays = RELAYED_BYTES.map(|n_bytes| {
        let body = Bytes::from(vec![b'x'; n_bytes]);
        let time = times(|| {
            let relayed = runtime.block_on(handle(&echo, "/relay", &body))?;
            if relayed != body {
                return Err(format!("the guest relayed {} bytes", relayed.len()).into());
            }
            Ok(())
        })?;
        Result::Ok(shown(time))
    });
    let [small, large] = relays;
    let (n_calls, n_bytes) = DROPPED;
    let memory_after = |n_calls: u32| -> Result<String> {
        let Some(bare) = &bare else {
            return Ok("-".to_owned());
        };
        let body = Bytes::from(vec![b'x'; n_bytes]);
        let (bytes, called) = runtime.block_on(async {
            let mut instance = bare.instantiate(body).await?;
            let called = instance.call(&format!("/calls/{n_calls}")).await;
            Result::Ok((instance.memory_bytes(), called))
        })?;
        let mark = if called.is_ok() { "" } else { " (trap)" };
        Ok(format!("{:.1}{mark}", bytes as f64 / f64::from(1 << 20)))
    };
    let shown_start = |part: fn(&Starts) -> Option<Duration>| {
        let time = starts.as_ref().and_then(part);
        time.map_or_else(|| "-".to_owned(), shown)
    };
    Ok(format!(
        "{:>9.2} {:>12} {:>11} {:>10} {:>10} {:>12} {:>18} {:>16}",
        component.len() as f64 / 1e6,
        shown_start(|starts| Some(starts.instantiate)),
        shown_start(|starts| Some(starts.first_call)),
        shown_start(|starts| starts.next_call),
        shown(instance),
        shown(outbound / CALLS),
        format!("{}, {}", small?, large?),
        format!("{}, {}", memory_after(1)?, memory_after(n_calls)?)
    ))
}

struct Starts {
    instantiate: Duration,
    first_call: Duration,
    /// `None` if an instance handles one call only.
    next_call: Option<Duration>,
}

/// Measures an instance in wasmtime alone.
async fn starts(bare: &Bare) -> Result<Starts> {
    let (mut instantiate, mut first, mut next) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let started = Instant::now();
        let mut instance = bare.instantiate(Bytes::new()).await?;
        let instantiated = started.elapsed();
        instance.call("/hello").await?;
        let called = started.elapsed();
        let handles_another = instance.call("/hello").await.is_ok();
        let called_again = started.elapsed();
        if round > 0 {
            instantiate.push(instantiated);
            first.push(called - instantiated);
            next.extend(handles_another.then_some(called_again - called));
        }
    }
    Ok(Starts {
        instantiate: median(instantiate)?,
        first_call: median(first)?,
        next_call: Spread::of(next).map(|times| times.median),
    })
}

fn times(job: impl Fn() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let started = Instant::now();
        job()?;
        if round > 0 {
            times.push(started.elapsed());
        }
    }
    median(times)
}

fn median(times: Vec<Duration>) -> Result<Duration> {
    Ok(Spread::of(times).ok_or("no round was measured")?.median)
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() * 1e6 {
        microseconds if microseconds < 1_000.0 => format!("{microseconds:.0} us"),
        microseconds => format!("{:.1} ms", microseconds / 1e3),
    }
}

pub(crate) fn guest(component: &[u8], upstream: &str) -> Result<Guest> {
    let limits = Limits {
        instances: INSTANCES,
        ..Limits::default()
    };
    Ok(Harness::builder()
        .limits(limits)
        .build()?
        .load(component)?
        .guest("bench")
        .env("UPSTREAM", format!("http://{upstream}/"))
        .allow_list(AllowList::from_allowed_http_hosts([upstream])?))
}

pub(crate) async fn handle(guest: &Guest, path: &str, body: &Bytes) -> Result<Bytes> {
    let response = guest
        .handle(Request::post(path).body(body.clone())?)
        .await?;
    if response.status() != 200 {
        return Err(format!("{path}: {response:?}").into());
    }
    Ok(response.into_body())
}
