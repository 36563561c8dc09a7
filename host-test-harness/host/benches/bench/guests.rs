//! Equal guests of our SDKs and of the published ones: how large they are, how fast they start, and what a call costs.

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
use crate::{INSTANCES, Result, upstream};

/// Calls in one invocation, for the cost of one.
const CALLS: u32 = 200;

/// Bytes of a body that is relayed: 1 MiB.
const RELAYED_BYTES: usize = 1 << 20;

/// Calls in one invocation whose responses nobody keeps, and the bytes of each body: 64 KiB.
const FORGOTTEN: (u32, usize) = (10_000, 64 << 10);

/// Columns of a guest's name.
const NAME_WIDTH: usize = 17;

/// Instances that wait at a time.
const WAITING: usize = 50;

/// Prints a line for each guest.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    guests: &[(String, PathBuf)],
) -> Result<()> {
    writeln!(
        out,
        "\nEqual guests of the SDKs; times are medians of {ROUNDS} rounds. `first call` follows `instantiate` in \
         the same instance, `next call`\nfollows that; the others go through the harness: a fresh instance and \
         call, one of {CALLS} outbound calls, 1 MiB sent to the\nupstream and back, and the linear memory after \
         1 and after {} calls whose bodies of 64 KiB nobody keeps. A `-` stands\nwhere wasmtime alone cannot run the \
         guest, and for the next call where an instance answers once;\n\
         `trap` where the guest does not survive its calls.\n",
        FORGOTTEN.0
    )?;
    writeln!(
        out,
        "{:<NAME_WIDTH$} {:>9} {:>12} {:>11} {:>10} {:>10} {:>12} {:>12} {:>16}",
        "guest",
        "MB",
        "instantiate",
        "first call",
        "next call",
        "instance",
        "outbound",
        "1 MiB relay",
        "MiB of memory"
    )?;
    for (name, path) in guests {
        writeln!(out, "{name:<NAME_WIDTH$} {}", line(runtime, path)?)?;
        out.flush()?;
    }
    writeln!(
        out,
        "\nPrivate memory of the harness for each of {WAITING} instances: busy, which wait in an outbound call, and \
         idle, whose place\nis kept for the next.\n\n{:<NAME_WIDTH$} {:>10} {:>10}",
        "guest", "busy", "idle"
    )?;
    for (name, path) in guests {
        let (busy, idle) = memory(runtime, &std::fs::read(path)?)?;
        writeln!(out, "{name:<NAME_WIDTH$} {busy:>6.2} MiB {idle:>6.2} MiB")?;
        out.flush()?;
    }
    Ok(())
}

/// Mebibytes that an instance takes while it waits for an upstream, and that its place keeps when it has ended.
fn memory(runtime: &Runtime, component: &[u8]) -> Result<(f64, f64)> {
    let gate = Gate::start()?;
    let guest = guest(component, &gate.authority)?;
    runtime.block_on(async {
        // What the first one makes for all is not an instance's.
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
    // wasmtime alone calls no guest of `wasi:http` 0.3 here, and has none of Spin's other interfaces, all of which the
    // published SDK for Python imports.
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
    let body = Bytes::from(vec![b'x'; RELAYED_BYTES]);
    let relay = times(|| {
        let relayed = runtime.block_on(handle(&echo, "/relay", &body))?;
        if relayed != body {
            return Err(format!("{} bytes came back", relayed.len()).into());
        }
        Ok(())
    })?;
    let (n_calls, n_bytes) = FORGOTTEN;
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
        "{:>9.2} {:>12} {:>11} {:>10} {:>10} {:>12} {:>12} {:>16}",
        component.len() as f64 / 1e6,
        shown_start(|starts| Some(starts.instantiate)),
        shown_start(|starts| Some(starts.first_call)),
        shown_start(|starts| starts.next_call),
        shown(instance),
        shown(outbound / CALLS),
        shown(relay),
        format!("{}, {}", memory_after(1)?, memory_after(n_calls)?)
    ))
}

struct Starts {
    instantiate: Duration,
    first_call: Duration,
    /// None where an instance answers once.
    next_call: Option<Duration>,
}

/// What an instance costs in wasmtime itself.
async fn starts(bare: &Bare) -> Result<Starts> {
    let (mut instantiate, mut first, mut next) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let started = Instant::now();
        let mut instance = bare.instantiate(Bytes::new()).await?;
        let instantiated = started.elapsed();
        instance.call("/hello").await?;
        let called = started.elapsed();
        let answers_again = instance.call("/hello").await.is_ok();
        let called_again = started.elapsed();
        if round > 0 {
            instantiate.push(instantiated);
            first.push(called - instantiated);
            next.extend(answers_again.then_some(called_again - called));
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
