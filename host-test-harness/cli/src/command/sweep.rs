//! `spin-harness sweep`: what an application answers when its upstreams fail.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use clap::Args;
use outbound_policy::display::printable;
use serde::Serialize;
use spin_harness::{Answer, CallSite, Sweep, SweepRun, TestApp};
use tokio::runtime::{Builder, Runtime};

use crate::ExitStatus;
use crate::options::{GuestOptions, RequestOptions};
use crate::report::Failure;

/// Send a request once for each way in which one of its outbound calls can fail, and print what the application answers.
///
/// The first run finds the calls to upstreams. Then each of them fails in each way once: every failure of the network, a
/// response that never comes, 429, 500, a header section over the limit, and a body that breaks off, stalls or is empty.
/// The call that fails reaches no upstream; the others do, unless `--mock` or `--replay` answers them. With these, time
/// is virtual: a timeout takes no time.
///
/// A run is a problem if the application traps, hangs until its wall time is over, sends no valid response, or responds
/// as if nothing had failed (`unchanged`) without another call in place of the failed one (`recovered`).
#[derive(Args)]
#[command(
    override_usage = "spin-harness sweep [OPTIONS] [COMPONENT] <URI>",
    after_help = "Examples:
  spin-harness sweep app.wasm --allow-outbound-host https://api.test --mock mocks.toml /buy/7
  spin-harness sweep --manifest spin.toml --mock mocks.toml /buy/7
  spin-harness sweep --manifest spin.toml --replay calls.har --json /buy/7 | jq '.runs[] | select(.problem)'"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    request: RequestOptions,
    /// A response that is the same as without the fault is not a problem.
    #[arg(long)]
    allow_unchanged: bool,
    /// Print one JSON object: `status`, `calls`, and `runs` with `call` (an index of `calls`), `fault`, `answer`,
    /// `problem`, `duration_ms`, and `status` or `message`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    guest: GuestOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let has_manifest = arguments.guest.has_manifest();
    let (component, request) = arguments.request.read("sweep", has_manifest)?;
    let traffic = arguments.guest.traffic()?;
    let app = if component.is_none() && has_manifest {
        TestApp::application(arguments.guest.application(|guest| guest, &traffic)?)
    } else {
        TestApp::guest(arguments.guest.guest(component, &traffic)?)
    };
    let runtime = if app.is_mocked() {
        let mut paused = Builder::new_current_thread();
        paused.enable_all().start_paused(true).build()?
    } else {
        Runtime::new()?
    };
    let swept = runtime.block_on(app.sweep(request));
    runtime.shutdown_background();
    let recorded = traffic.finish();
    let sweep = swept?;
    recorded?;
    let report = Report {
        sweep: &sweep,
        allows_unchanged: arguments.allow_unchanged,
    };
    if arguments.json {
        let mut stdout = io::stdout().lock();
        serde_json::to_writer(&mut stdout, &report.json()).map_err(io::Error::from)?;
        writeln!(stdout)?;
    } else {
        report.print(&mut anstream::stdout())?;
    }
    Ok(if sweep.runs.iter().any(|run| report.is_problem(run)) {
        ExitStatus::FAILURE
    } else {
        ExitStatus::SUCCESS
    })
}

/// How a sweep is printed.
struct Report<'a> {
    sweep: &'a Sweep,
    allows_unchanged: bool,
}

impl Report<'_> {
    fn is_problem(&self, run: &SweepRun) -> bool {
        let is_allowed = self.allows_unchanged && matches!(run.answer, Answer::Unchanged(_));
        run.answer.is_problem() && !is_allowed
    }

    /// The runs of each call, one a line, and how many there are of each answer.
    fn print(&self, output: &mut impl Write) -> io::Result<()> {
        let bold = Style::new().bold();
        writeln!(output, "without a fault: {}", self.sweep.response.status())?;
        for call in &self.sweep.calls {
            writeln!(output, "\n{bold}{}{bold:#}", printable(&call.to_string()))?;
            let runs = self.sweep.runs.iter();
            for run in runs.filter(|run| run.call == *call) {
                self.print_run(output, run)?;
            }
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for run in &self.sweep.runs {
            *counts.entry(run.answer.as_str()).or_default() += 1;
        }
        let counts = counts.into_iter();
        let counts: Vec<String> = counts
            .map(|(answer, count)| format!("{count} {answer}"))
            .collect();
        let problems = self.sweep.runs.iter().filter(|run| self.is_problem(run));
        writeln!(
            output,
            "\n{}, {}, {}{}{}",
            counted(self.sweep.calls.len(), "call"),
            counted(self.sweep.runs.len(), "run"),
            counted(problems.count(), "problem"),
            if counts.is_empty() { "" } else { ": " },
            counts.join(", ")
        )
    }

    fn print_run(&self, output: &mut impl Write, run: &SweepRun) -> io::Result<()> {
        let (mark, style) = if self.is_problem(run) {
            ("!", Style::new().fg_color(Some(AnsiColor::Red.into())))
        } else {
            (" ", Style::new())
        };
        let mut answer = run.answer.as_str().to_owned();
        if let Some(status) = run.answer.status() {
            answer += &format!(" {}", status.as_u16());
        }
        write!(
            output,
            "{style}{mark} {:24} {answer:18}{style:#} {:5.1} s",
            run.fault,
            run.duration.as_secs_f64()
        )?;
        match run.answer.message() {
            Some(message) => writeln!(output, "  {}", printable(message)),
            None => writeln!(output),
        }
    }

    fn json(&self) -> JsonSweep<'_> {
        let calls = &self.sweep.calls;
        JsonSweep {
            status: self.sweep.response.status().as_u16(),
            calls: calls.iter().map(JsonCall::new).collect(),
            runs: self
                .sweep
                .runs
                .iter()
                .map(|run| JsonRun {
                    call: calls.iter().position(|call| *call == run.call),
                    fault: &run.fault,
                    answer: run.answer.as_str(),
                    problem: self.is_problem(run),
                    duration_ms: run.duration.as_millis(),
                    status: run.answer.status().map(|status| status.as_u16()),
                    message: run.answer.message(),
                })
                .collect(),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[derive(Serialize)]
struct JsonSweep<'a> {
    status: u16,
    calls: Vec<JsonCall<'a>>,
    runs: Vec<JsonRun<'a>>,
}

#[derive(Serialize)]
struct JsonCall<'a> {
    component: &'a str,
    method: &'a str,
    url: &'a str,
    number: u32,
}

impl<'a> JsonCall<'a> {
    fn new(call: &'a CallSite) -> Self {
        Self {
            component: &call.component,
            method: call.method.as_str(),
            url: &call.url,
            number: call.number,
        }
    }
}

#[derive(Serialize)]
struct JsonRun<'a> {
    call: Option<usize>,
    fault: &'a str,
    answer: &'static str,
    problem: bool,
    duration_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}
