//! `spin-harness conformance`: runs the conformance suite and prints its results.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::ExitStatus;
use crate::conformance::{
    Backend, ExpectedFailures, Probe, Subject, Suite, Trial, Verdict, json, markdown,
};
use anstyle::{AnsiColor, Style};
use clap::Args;
use http::Uri;

use crate::report::Failure;

/// Run the conformance suite: every scenario with the probe of each SDK.
///
/// A probe is a component that makes the requests of a scenario through an SDK; its protocol is documented in
/// `host-test-harness/conformance/README.md`. Prints a line for each trial, a report for each failure, and a
/// summary for each probe. Exits with 1 if a trial fails.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness conformance --guest rust=rust_probe.wasm
  spin-harness conformance redirect --guest rust=rust_probe.wasm --json results.json
  spin-harness conformance --guest go=probe.wasm --expected-failures go=go.json
  spin-harness conformance --host http://127.0.0.1:3000/ --expected-failures spin-4.1.json
  spin-harness conformance --host http://127.0.0.1:8080/ --backend wasi-http")]
pub(crate) struct Arguments {
    /// Run only the scenario of this name, or, if no scenario has this name, those whose name contains it.
    filter: Option<String>,
    /// A name for a probe, and its component. Repeatable.
    #[arg(long = "guest", value_name = "NAME=FILE", value_parser = parse_guest)]
    guests: Vec<(String, PathBuf)>,
    /// A probe that is already served, by `spin-harness up` or by Spin, and may call `http://127.0.0.1:*`.
    /// Scenarios that need other permissions or options are not applicable.
    #[arg(long = "host", value_name = "URL")]
    host: Option<Uri>,
    /// The import over which the probe of `--host` makes its calls. For a probe of `--guest`, the component tells.
    #[arg(long, value_enum, default_value = "spin", requires = "host")]
    backend: Backend,
    /// A JSON file that lists scenarios which must fail. A listed scenario that passes makes the run fail. With
    /// a name, the file applies to that probe only, instead of the files without a name; the probe of `--host` has
    /// the name `host`. Repeatable: several files for the same probe are merged.
    #[arg(long, value_name = "[NAME=]FILE", value_parser = parse_expected_failures)]
    expected_failures: Vec<(Option<String>, PathBuf)>,
    /// Run the scenarios of a folder instead of the built-in ones.
    #[arg(long, value_name = "FOLDER")]
    scenarios: Option<PathBuf>,
    /// Write the trials to a file as JSON; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the matrix to a file as Markdown; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the names of the scenarios without running them.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let suite = match &arguments.scenarios {
        Some(folder) => Suite::read(folder)?,
        None => Suite::embedded()?,
    };
    let expected_failures = expected_failures(arguments, &suite)?;
    let suite = suite.filtered(arguments.filter.as_deref().unwrap_or_default());
    if arguments.list {
        let mut stdout = io::stdout().lock();
        for name in suite.names() {
            writeln!(stdout, "{name}")?;
        }
        return Ok(ExitStatus::SUCCESS);
    }
    let subjects = subjects(arguments, expected_failures)?;
    if suite.names().next().is_none() {
        let filter = arguments.filter.as_deref().unwrap_or_default();
        return Err(Failure::Usage(format!(
            "no scenario's name contains `{filter}`; `--list` prints the names"
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
        ExitStatus::FAILURE
    } else {
        ExitStatus::SUCCESS
    })
}

/// The expected failures of each named probe, and, under `None`, of all other probes.
type ExpectedFailuresByProbe = BTreeMap<Option<String>, ExpectedFailures>;

fn expected_failures(
    arguments: &Arguments,
    suite: &Suite,
) -> Result<ExpectedFailuresByProbe, Failure> {
    let names: Vec<&str> = suite.names().collect();
    let mut all = ExpectedFailuresByProbe::new();
    for (probe, path) in &arguments.expected_failures {
        let file = ExpectedFailures::read(path)?;
        let unknown: Vec<String> = file
            .unknown_names(&names)
            .map(|name| format!("`{name}`"))
            .collect();
        if !unknown.is_empty() {
            return Err(Failure::Usage(format!(
                "{}: unknown scenario {}; `--list` prints the names",
                path.display(),
                unknown.join(", ")
            )));
        }
        let file = match all.remove(probe) {
            Some(before) => ExpectedFailures::merged(before, file),
            None => file,
        };
        all.insert(probe.clone(), file);
    }
    Ok(all)
}

fn subjects(
    arguments: &Arguments,
    mut expected_failures: ExpectedFailuresByProbe,
) -> Result<Vec<Subject>, Failure> {
    let of_all = expected_failures.remove(&None).unwrap_or_default();
    let mut subjects = Vec::new();
    let mut add = |name: &str, probe| {
        let of_probe = expected_failures.remove(&Some(name.to_owned()));
        subjects.push(Subject {
            name: name.to_owned(),
            probe,
            expected_failures: of_probe.unwrap_or_else(|| of_all.clone()),
        });
    };
    for (name, path) in &arguments.guests {
        add(name, Probe::load(path)?);
    }
    if let Some(url) = &arguments.host {
        add("host", Probe::running(url.clone(), arguments.backend));
    }
    if let Some(name) = expected_failures.into_keys().flatten().next() {
        return Err(Failure::Usage(format!(
            "`--expected-failures {name}=…` names an unknown probe; add `--guest {name}=PROBE.wasm`"
        )));
    }
    if subjects.is_empty() {
        let message = "no probe given; use `--guest NAME=PROBE.wasm`, or `--host URL` for a probe that is already served";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(subjects)
}

/// How the output names a verdict.
struct Label {
    one: &'static str,
    many: &'static str,
    colour: AnsiColor,
}

fn label(verdict: &Verdict) -> Label {
    let (one, many, colour) = match verdict {
        Verdict::Passed => ("ok", "ok", AnsiColor::Green),
        Verdict::Failed(_) => ("FAILED", "FAILED", AnsiColor::Red),
        Verdict::ExpectedFailure(_) => ("expected failure", "expected failures", AnsiColor::Yellow),
        Verdict::UnexpectedPass(_) => ("UNEXPECTED PASS", "UNEXPECTED PASSES", AnsiColor::Red),
        Verdict::NotApplicable => ("n/a", "n/a", AnsiColor::BrightBlack),
    };
    Label { one, many, colour }
}

/// The stream for people: stdout, or stderr if a file option writes to stdout.
fn output(arguments: &Arguments) -> Box<dyn Write> {
    let is_stdout = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if is_stdout(&arguments.json) || is_stdout(&arguments.report) {
        Box::new(anstream::stderr())
    } else {
        Box::new(anstream::stdout())
    }
}

fn print_line(output: &mut dyn Write, trial: &Trial) -> io::Result<()> {
    let Label { one, colour, .. } = label(&trial.verdict);
    let style = Style::new().fg_color(Some(colour.into()));
    writeln!(
        output,
        "{style}{one:16}{style:#} {} {} ({} ms)",
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
            Verdict::UnexpectedPass(reason) => {
                format!(
                    "  the trial passed, but it was expected to fail: {reason}\n  remove it from the expected-failures file\n"
                )
            }
            Verdict::Passed | Verdict::ExpectedFailure(_) | Verdict::NotApplicable => continue,
        };
        writeln!(output, "\n{} {}\n{detail}", trial.subject, trial.scenario)?;
        writeln!(output, "  repeat: {}", repeat_command(trial, arguments))?;
    }
    Ok(())
}

/// The command that repeats a trial.
fn repeat_command(trial: &Trial, arguments: &Arguments) -> String {
    let mut command = format!("spin-harness conformance {}", trial.scenario);
    let mut guests = arguments.guests.iter();
    command += &match guests.find(|(name, _)| *name == trial.subject) {
        Some((name, path)) => format!(" --guest {name}={}", path.display()),
        None => format!(
            " --host {} --backend {}",
            arguments.host.as_ref().unwrap_or(&Uri::default()),
            arguments.backend
        ),
    };
    if let Some(folder) = &arguments.scenarios {
        command += &format!(" --scenarios {}", folder.display());
    }
    for (probe, path) in &arguments.expected_failures {
        let path = path.display();
        command += &match probe {
            None => format!(" --expected-failures {path}"),
            Some(name) if *name == trial.subject => format!(" --expected-failures {name}={path}"),
            Some(_) => continue,
        };
    }
    command
}

fn print_summary(output: &mut dyn Write, trials: &[Trial], started: Instant) -> io::Result<()> {
    let mut counts: BTreeMap<&str, BTreeMap<_, usize>> = BTreeMap::new();
    for trial in trials {
        let Label { one, many, .. } = label(&trial.verdict);
        let count = counts.entry(&trial.subject).or_default();
        *count.entry((one, many)).or_default() += 1;
    }
    writeln!(output)?;
    for (subject, counts) in counts {
        let counts: Vec<String> = counts
            .into_iter()
            .map(|((one, many), count)| format!("{count} {}", if count == 1 { one } else { many }))
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
        Some(_) | None => Err("expected NAME=PROBE.wasm".to_owned()),
    }
}

/// The name of a probe contains no slash, so `./a=b.json` is a path that contains `=`.
fn parse_expected_failures(text: &str) -> Result<(Option<String>, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !name.contains('/') => {
            Ok((Some(name.to_owned()), path.into()))
        }
        Some(_) | None => Ok((None, text.into())),
    }
}
