//! A request to an application whose upstream is mocked, sent by the driver of each language, against Rust's.
//!
//! Each driver runs in a process of its own, as a test does: a program with the component `COMPONENT`, which sends
//! `REQUESTS` requests, prints the line `responded` after the first response, and the times of all in nanoseconds at the
//! end. [`program`] is Rust's.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spin_harness::TestApp;
use spin_harness::mocks::{Mocks, get, text};

use crate::Result;
use crate::compare::Spread;

/// The argument with which this program sends the requests.
pub(crate) const PROGRAM: &str = "mocked-requests";

/// Requests of each process that are not measured, since the first ones of a process are slower.
const WARM_UP: usize = 100;

/// Measured requests of each process.
const REQUESTS: usize = 1_000;

/// Processes of each driver; they follow one that is not measured and leaves the compiled code in the cache.
const ROUNDS: usize = 5;

/// The drivers other than Rust's: the name, the variable with the path of a command, and its arguments.
const DRIVERS: [(&str, &str, &[&str]); 3] = [
    (
        "Python",
        "DRIVER_PYTHON",
        &[concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../python/bench/mocked_requests.py"
        )],
    ),
    (
        "Node",
        "DRIVER_JAVASCRIPT",
        &[concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../node/bench/mocked-requests.js"
        )],
    ),
    (
        "Go",
        "DRIVER_GO",
        &[
            "-test.run=^$",
            "-test.bench=MockedRequests",
            "-test.benchtime=1x",
        ],
    ),
];

/// A driver, and what its processes took.
struct Driver {
    name: &'static str,
    program: OsString,
    arguments: &'static [&'static str],
    measured: Vec<Times>,
}

/// What one process took.
struct Times {
    /// From the start of the process until its first response.
    start: Duration,
    p50: Duration,
    p99: Duration,
}

/// Prints a row for each driver.
pub(crate) fn all(out: &mut dyn Write, component: &Path) -> Result<()> {
    writeln!(
        out,
        "\nOne request with one outbound call that a mock answers, by the driver of each language. Lower is better. \
         Medians of {ROUNDS} processes,\neach of {REQUESTS} requests after {WARM_UP} more. `start`: from the start of the \
         process until its first response, with compiled code in\nthe cache. The ratio is that to Rust in the same \
         round, with its range in brackets.\n\n{:<8} {:>11} {:>22} {:>11} {:>22} {:>11} {:>22}",
        "driver", "start", "ratio", "p50", "ratio", "p99", "ratio"
    )?;
    let mut drivers = vec![Driver::new(
        "Rust",
        std::env::current_exe()?.into(),
        &[PROGRAM],
    )];
    for (name, variable, arguments) in DRIVERS {
        match std::env::var_os(variable) {
            Some(program) => drivers.push(Driver::new(name, program, arguments)),
            None => writeln!(out, "{name:<8} skipped: {variable} names no command")?,
        }
    }
    for round in 0..=ROUNDS {
        for driver in &mut drivers {
            let times = driver.run(component)?;
            if round > 0 {
                driver.measured.push(times);
            }
        }
    }
    let [reference, ..] = drivers.as_slice() else {
        return Err("Rust is always measured".into());
    };
    for driver in &drivers {
        writeln!(out, "{}", driver.row(reference)?)?;
    }
    Ok(())
}

impl Driver {
    fn new(name: &'static str, program: OsString, arguments: &'static [&'static str]) -> Self {
        Self {
            name,
            program,
            arguments,
            measured: Vec::new(),
        }
    }

    /// Runs one process.
    fn run(&self, component: &Path) -> Result<Times> {
        let failed = |problem: &str| format!("{}: the program {problem}", self.name);
        let started = Instant::now();
        let mut process = Command::new(&self.program)
            .args(self.arguments)
            .env("COMPONENT", component)
            .env("REQUESTS", (WARM_UP + REQUESTS).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&format!("does not start: {error}")))?;
        let output = process.stdout.take().ok_or("it has a stdout")?;
        let (mut start, mut times) = (None, Vec::new());
        for line in BufReader::new(output).lines() {
            let line = line?;
            let numbers = line.split(' ').map(str::parse).collect();
            if line == "responded" {
                start = Some(started.elapsed());
            } else if let Ok(nanoseconds) = numbers {
                times = Vec::<u64>::into_iter(nanoseconds)
                    .map(Duration::from_nanos)
                    .collect();
            }
        }
        let status = process.wait()?;
        if !status.success() {
            return Err(failed(&format!("ended with {status}")).into());
        }
        let measured = times
            .get_mut(WARM_UP..)
            .filter(|times| times.len() == REQUESTS);
        let measured = measured.ok_or_else(|| failed("printed no times"))?;
        measured.sort_unstable();
        let percentile = |percent: usize| {
            let time = measured.get(REQUESTS * percent / 100).copied();
            time.ok_or("a percentile is below 100")
        };
        Ok(Times {
            start: start.ok_or_else(|| failed("printed no `responded`"))?,
            p50: percentile(50)?,
            p99: percentile(99)?,
        })
    }

    fn row(&self, reference: &Self) -> Result<String> {
        let mut row = format!("{:<8}", self.name);
        for value in [
            (|times| times.start) as fn(&Times) -> Duration,
            |times| times.p50,
            |times| times.p99,
        ] {
            let ratios = self.measured.iter().zip(&reference.measured);
            let ratios =
                ratios.map(|(ours, rust)| value(ours).as_secs_f64() / value(rust).as_secs_f64());
            let ratio = Spread::of(ratios.collect()).ok_or("no round was measured")?;
            let time = Spread::of(self.measured.iter().map(value).collect());
            let time = time.ok_or("no round was measured")?.median;
            let milliseconds = time.as_secs_f64() * 1e3;
            row += &format!(" {milliseconds:>8.3} ms {:>22}", ratio.to_string());
        }
        Ok(row)
    }
}

/// Sends the requests, on a runtime as `#[tokio::test]` has it.
pub(crate) fn program() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let n_requests: usize = std::env::var("REQUESTS")?.parse()?;
    let mut out = std::io::stdout().lock();
    runtime.block_on(async {
        let mocks = Mocks::new().expect(get("http://api.test/"), text("hello"));
        let component = std::env::var_os("COMPONENT").ok_or("COMPONENT names no file")?;
        let app = TestApp::component(component)?
            .allow_outbound_hosts(["http://api.test"])?
            .configure(|guest| guest.env("UPSTREAM", "http://api.test/"))
            .mocks(&mocks);
        let mut times = Vec::new();
        for nth in 0..n_requests {
            let started = Instant::now();
            let response = app.get("/calls/1").await?;
            times.push(started.elapsed().as_nanos().to_string());
            assert_eq!(response.body(), "5");
            if nth == 0 {
                writeln!(out, "responded")?;
                out.flush()?;
            }
        }
        writeln!(out, "{}", times.join(" "))?;
        Ok(())
    })
}
