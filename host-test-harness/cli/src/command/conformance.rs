//! `spin-harness conformance`: what guests of an SDK can observe, checked against the scenarios.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use clap::Args;
use http::Uri;
use spin_harness_cli::conformance::{
    KnownDifferences, Probe, Subject, Suite, Trial, Verdict, json, markdown,
};

use crate::report::Failure;

/// Run the conformance suite: scenarios, with a probe for each SDK.
///
/// A probe is a component that makes described requests through its SDK; the protocol is in
/// `host-test-harness/conformance/README.md`. Prints a line for each trial, what happened in those that
/// failed, and a summary for each probe. Exit code 1 if one failed.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness conformance --guest rust=rust_probe.wasm
  spin-harness conformance redirect --guest rust=rust_probe.wasm --json results.json
  spin-harness conformance --guest go=probe.wasm --known go=go.json
  spin-harness conformance --host http://127.0.0.1:3000/ --known spin-4.1.json")]
pub(crate) struct Arguments {
    /// Run the scenario of this name, or those whose name contains this text.
    filter: Option<String>,
    /// A probe: its name and its component. Repeatable.
    #[arg(long = "guest", value_name = "NAME=FILE", value_parser = parse_guest)]
    guests: Vec<(String, PathBuf)>,
    /// A probe that already runs, here or on a real Spin, and may call `http://127.0.0.1:*`. The scenarios
    /// that need other permissions or options are not applicable.
    #[arg(long = "host", value_name = "URL")]
    host: Option<Uri>,
    /// What is known to be otherwise, a JSON file; with a name, of that probe alone, instead of what is known
    /// of all. What it lists does not fail, unless it has vanished. Repeatable.
    #[arg(long, value_name = "[NAME=]FILE", value_parser = parse_known)]
    known: Vec<(Option<String>, PathBuf)>,
    /// Take the scenarios of a folder instead of those built in.
    #[arg(long, value_name = "FOLDER")]
    scenarios: Option<PathBuf>,
    /// Write the trials to a file as JSON; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the matrix to a file as Markdown; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the names of the scenarios and run none.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let suite = match &arguments.scenarios {
        Some(folder) => Suite::read(folder)?,
        None => Suite::embedded()?,
    };
    let known = known(arguments, &suite)?;
    let suite = suite.filtered(arguments.filter.as_deref().unwrap_or_default());
    if arguments.list {
        let mut stdout = io::stdout().lock();
        for name in suite.names() {
            writeln!(stdout, "{name}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let subjects = subjects(arguments, known)?;
    if suite.names().next().is_none() {
        let filter = arguments.filter.as_deref().unwrap_or_default();
        return Err(Failure::Usage(format!(
            "no scenario's name contains `{filter}`; `--list` prints them"
        )));
    }
    let concurrency = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Runtime::new()?;
    let started = Instant::now();
    let mut output = output(arguments);
    let mut printed = Ok(());
    let trials = runtime.block_on(suite.run(&subjects, concurrency, |trial| {
        if printed.is_ok() {
            printed = print_line(&mut output, trial);
        }
    }));
    runtime.shutdown_background();
    printed?;
    print_failures(&mut output, &trials, arguments)?;
    print_summary(&mut output, &trials, started)?;
    write_file(arguments.json.as_deref(), || json(&trials))?;
    write_file(arguments.report.as_deref(), || markdown(&trials))?;
    let failed = trials.iter().any(|trial| trial.verdict.is_failure());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What is known of each probe by its name, and of all others by none.
type Known = BTreeMap<Option<String>, KnownDifferences>;

fn known(arguments: &Arguments, suite: &Suite) -> Result<Known, Failure> {
    let names: Vec<&str> = suite.names().collect();
    let mut all = Known::new();
    for (probe, path) in &arguments.known {
        let known = KnownDifferences::read(path)?;
        if let Some(name) = known.unknown(&names) {
            return Err(Failure::Usage(format!(
                "{}: there is no scenario `{name}`; `--list` prints their names",
                path.display()
            )));
        }
        if all.insert(probe.clone(), known).is_some() {
            return Err(Failure::Usage(format!(
                "{}: `--known` was given for the same probes before; put all of it into one file",
                path.display()
            )));
        }
    }
    Ok(all)
}

fn subjects(arguments: &Arguments, mut known: Known) -> Result<Vec<Subject>, Failure> {
    let of_all = known.remove(&None).unwrap_or_default();
    let mut subjects = Vec::new();
    let mut add = |name: &str, probe| {
        let known = known.remove(&Some(name.to_owned()));
        subjects.push(Subject {
            name: name.to_owned(),
            probe,
            known: known.unwrap_or_else(|| of_all.clone()),
        });
    };
    for (name, path) in &arguments.guests {
        add(name, Probe::load(path)?);
    }
    if let Some(url) = &arguments.host {
        add("host", Probe::running(url.clone()));
    }
    if let Some(name) = known.into_keys().flatten().next() {
        return Err(Failure::Usage(format!(
            "`--known {name}=…` names no probe; give `--guest {name}=PROBE.wasm` too"
        )));
    }
    if subjects.is_empty() {
        let message =
            "name a probe: `--guest NAME=PROBE.wasm`, or `--host URL` for one that runs already";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(subjects)
}

fn word(verdict: &Verdict) -> (&'static str, AnsiColor) {
    match verdict {
        Verdict::Passed => ("ok", AnsiColor::Green),
        Verdict::Failed(_) => ("FAILED", AnsiColor::Red),
        Verdict::Known(_) => ("known", AnsiColor::Yellow),
        Verdict::Vanished(_) => ("VANISHED", AnsiColor::Red),
        Verdict::NotApplicable => ("n/a", AnsiColor::BrightBlack),
    }
}

/// Where people read the run: stdout, unless a program reads that.
fn output(arguments: &Arguments) -> Box<dyn Write> {
    let is_stdout = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if is_stdout(&arguments.json) || is_stdout(&arguments.report) {
        Box::new(anstream::stderr())
    } else {
        Box::new(anstream::stdout())
    }
}

fn print_line(output: &mut dyn Write, trial: &Trial) -> io::Result<()> {
    let (word, colour) = word(&trial.verdict);
    let style = Style::new().fg_color(Some(colour.into()));
    writeln!(
        output,
        "{style}{word:8}{style:#} {} {} ({} ms)",
        trial.subject,
        trial.scenario,
        trial.duration.as_millis()
    )
}

fn print_failures(
    output: &mut dyn Write,
    trials: &[Trial],
    arguments: &Arguments,
) -> io::Result<()> {
    for trial in trials {
        let detail = match &trial.verdict {
            Verdict::Failed(detail) => detail.clone(),
            Verdict::Vanished(known) => {
                format!(
                    "  it passes, but is known to differ: {known}\n  remove it from the file of known differences\n"
                )
            }
            Verdict::Passed | Verdict::Known(_) | Verdict::NotApplicable => continue,
        };
        writeln!(output, "\n{} {}\n{detail}", trial.subject, trial.scenario)?;
        writeln!(output, "  again: {}", again(trial, arguments))?;
    }
    Ok(())
}

/// The command that repeats a trial.
fn again(trial: &Trial, arguments: &Arguments) -> String {
    let mut command = format!("spin-harness conformance {}", trial.scenario);
    let mut guests = arguments.guests.iter();
    command += &match guests.find(|(name, _)| *name == trial.subject) {
        Some((name, path)) => format!(" --guest {name}={}", path.display()),
        None => format!(
            " --host {}",
            arguments.host.as_ref().unwrap_or(&Uri::default())
        ),
    };
    if let Some(folder) = &arguments.scenarios {
        command += &format!(" --scenarios {}", folder.display());
    }
    for (probe, path) in &arguments.known {
        command += &match probe {
            None => format!(" --known {}", path.display()),
            Some(name) if *name == trial.subject => format!(" --known {name}={}", path.display()),
            Some(_) => continue,
        };
    }
    command
}

fn print_summary(output: &mut dyn Write, trials: &[Trial], started: Instant) -> io::Result<()> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for trial in trials {
        let count = counts.entry(&trial.subject).or_default();
        *count.entry(word(&trial.verdict).0).or_default() += 1;
    }
    writeln!(output)?;
    for (subject, counts) in counts {
        let counts: Vec<String> = counts
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        writeln!(output, "{subject}: {}", counts.join(", "))?;
    }
    writeln!(
        output,
        "{} trials in {:.1} s",
        trials.len(),
        started.elapsed().as_secs_f64()
    )
}

fn write_file(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    if path == Path::new("-") {
        return Ok(writeln!(io::stdout().lock(), "{}", text())?);
    }
    std::fs::write(path, text())
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

fn parse_guest(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.into()))
        }
        Some(_) | None => Err("write NAME=PROBE.wasm".to_owned()),
    }
}

/// A name has no slash, so a file whose path contains `=` is written as `./a=b.json`.
fn parse_known(text: &str) -> Result<(Option<String>, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !name.contains('/') => {
            Ok((Some(name.to_owned()), path.into()))
        }
        Some(_) | None => Ok((None, text.into())),
    }
}
