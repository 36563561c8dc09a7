//! `spin-harness policy`: checks, lints and explains allow-lists, without a component.

use std::io::{self, Write as _};

use clap::Subcommand;
use outbound_policy::{AllowList, Decision, Evaluation, Origin, Target, Warning};
use serde::Serialize;

use crate::ExitStatus;
use crate::options::AllowListOptions;
use crate::report::Failure;

/// Check, lint and explain allow-lists.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check whether a URL is permitted.
    ///
    /// If it is, prints the entry that permits it, and exits with 0. If it is denied, prints the reason, the
    /// nearest entries and the entry to add, and exits with 1.
    #[command(after_help = "Example:
  spin-harness policy check --allow-outbound-host 'https://*.api.test' https://eu.api.test/v1")]
    Check {
        #[command(flatten)]
        list: AllowListOptions,
        /// The URL of a guest's request: http or https, or `/path` for a `self` request.
        url: String,
    },
    /// Warn of entries that permit more or less than they seem to.
    ///
    /// Prints one line per warning, and exits with 1. Without warnings it prints nothing, and exits with 0.
    #[command(after_help = "Examples:
  spin-harness policy lint --manifest spin.toml --component front
  spin-harness policy lint --json --allow-http-host https://api.test")]
    Lint {
        #[command(flatten)]
        list: AllowListOptions,
        /// Print a JSON array with one object per warning: `list`, `entry`, `warning` (a code), `message`,
        /// and `covered_by` if another entry makes the entry redundant.
        #[arg(long)]
        json: bool,
    },
    /// Explain what each entry permits and, for a URL, which entries match it.
    #[command(after_help = "Examples:
  spin-harness policy explain --allow-outbound-host 'http://10.0.0.0/8:8000..9000'
  spin-harness policy explain --allow-outbound-host https://api.test http://api.test/")]
    Explain {
        #[command(flatten)]
        list: AllowListOptions,
        /// The URL of a guest's request: http or https, or `/path` for a `self` request.
        url: Option<String>,
    },
}

pub(crate) fn run(command: &Command) -> Result<ExitStatus, Failure> {
    match command {
        Command::Check { list, url } => {
            let list = list.read()?;
            for warning in list.warnings() {
                tracing::warn!("{warning}");
            }
            check(&list, &target(url)?)
        }
        Command::Lint { list, json } => lint(&list.read()?, *json),
        Command::Explain { list, url: None } => explain(&list.read()?),
        Command::Explain {
            list,
            url: Some(url),
        } => explain_target(&list.read()?, &target(url)?),
    }
}

fn target(url: &str) -> Result<Target, Failure> {
    // Policy does not look at the origin of a `self` request, so any origin will do.
    let origin = Origin::parse("http://localhost").expect("a literal that parses");
    Target::parse(url, Some(&origin)).map_err(|error| Failure::Usage(error.to_string()))
}

fn check(allow_list: &AllowList, target: &Target) -> Result<ExitStatus, Failure> {
    let decision = allow_list.evaluate(target);
    write_decision(&mut io::stdout().lock(), &decision)?;
    Ok(match decision {
        Decision::Allow(_) => ExitStatus::SUCCESS,
        Decision::Deny(_) => ExitStatus::FAILURE,
    })
}

fn write_decision(output: &mut impl io::Write, decision: &Decision<'_>) -> io::Result<()> {
    match decision {
        Decision::Allow(rule) => writeln!(output, "allowed by `{}`", rule.entry()),
        Decision::Deny(denial) => writeln!(output, "{denial}"),
    }
}

/// A warning in the JSON output.
#[derive(Serialize)]
struct Finding<'a> {
    list: &'static str,
    entry: &'a str,
    warning: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    covered_by: Option<&'a str>,
    message: String,
}

impl<'a> Finding<'a> {
    fn new(warning: Warning<'a>) -> Self {
        Self {
            list: warning.rule().list().manifest_key(),
            entry: warning.rule().entry(),
            warning: warning.code(),
            covered_by: warning.covered_by().map(|rule| rule.entry()),
            message: warning.to_string(),
        }
    }
}

fn lint(allow_list: &AllowList, json: bool) -> Result<ExitStatus, Failure> {
    let findings: Vec<_> = allow_list.warnings().map(Finding::new).collect();
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut stdout, &findings).map_err(io::Error::from)?;
        writeln!(stdout)?;
    } else {
        for finding in &findings {
            writeln!(stdout, "{}", finding.message)?;
        }
    }
    Ok(if findings.is_empty() {
        ExitStatus::SUCCESS
    } else {
        ExitStatus::FAILURE
    })
}

fn explain(allow_list: &AllowList) -> Result<ExitStatus, Failure> {
    let mut stdout = io::stdout().lock();
    if allow_list.rules().next().is_none() {
        writeln!(
            stdout,
            "the allow-list is empty, so every request is denied"
        )?;
    }
    for rule in allow_list.rules() {
        writeln!(stdout, "{rule}")?;
    }
    Ok(ExitStatus::SUCCESS)
}

fn explain_target(allow_list: &AllowList, target: &Target) -> Result<ExitStatus, Failure> {
    let mut stdout = io::stdout().lock();
    write_decision(&mut stdout, &allow_list.evaluate(target))?;
    for rule in allow_list.rules() {
        let evaluation = rule.evaluate(target);
        if evaluation == Evaluation::PermitsNothing {
            // The rule's own text says so already.
            writeln!(stdout, "  {rule}")?;
        } else {
            writeln!(stdout, "  {rule}; it {evaluation}")?;
        }
    }
    Ok(ExitStatus::SUCCESS)
}
