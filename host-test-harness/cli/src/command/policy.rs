//! `spin-harness policy`: what a list of permissions means, without a component.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use outbound_policy::{AllowList, Decision, Evaluation, Origin, Target, Warning};
use serde::Serialize;

use crate::options::Permissions;
use crate::report::Failure;

/// Ask what a list of permissions means.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say whether a URL may be called: exit code 0 with the entry that permits it, or 1 with the
    /// reason, the nearest misses, and the entry that would.
    #[command(after_help = "Example:
  spin-harness policy check --allow-outbound-host 'https://*.api.test' https://eu.api.test/v1")]
    Check {
        #[command(flatten)]
        permissions: Permissions,
        /// What a guest would call: an http or https URL, or `/path` for a `self` request.
        url: String,
    },
    /// Say what entries permit beyond or below what they seem to: exit code 0 and no output if there
    /// is nothing to say, or 1 with a line for each warning.
    #[command(after_help = "Example:
  spin-harness policy lint --json --allow-http-host https://api.test")]
    Lint {
        #[command(flatten)]
        permissions: Permissions,
        /// Print a JSON array of objects: `list`, `entry`, `warning` (a code), `message`, and
        /// `covered_by` where another entry makes it superfluous.
        #[arg(long)]
        json: bool,
    },
    /// Say in words what each entry permits, and for a URL how each entry judges it.
    #[command(after_help = "Examples:
  spin-harness policy explain --allow-outbound-host 'http://10.0.0.0/8:8000..9000'
  spin-harness policy explain --allow-outbound-host https://api.test http://api.test/")]
    Explain {
        #[command(flatten)]
        permissions: Permissions,
        /// What a guest would call: an http or https URL, or `/path` for a `self` request.
        url: Option<String>,
    },
}

pub(crate) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check { permissions, url } => check(&permissions.allow_list()?, &target(url)?),
        Command::Lint { permissions, json } => lint(&permissions.read()?, *json),
        Command::Explain {
            permissions,
            url: None,
        } => explain(&permissions.read()?),
        Command::Explain {
            permissions,
            url: Some(url),
        } => explain_target(&permissions.read()?, &target(url)?),
    }
}

fn target(url: &str) -> Result<Target, Failure> {
    // Any origin serves: a `self` request is judged by what it is, and not by where it goes.
    let origin =
        Origin::parse("http://localhost").map_err(|error| Failure::Usage(error.to_string()))?;
    Target::parse(url, Some(&origin)).map_err(|error| Failure::Usage(error.to_string()))
}

fn check(allow_list: &AllowList, target: &Target) -> Result<ExitCode, Failure> {
    let decision = allow_list.evaluate(target);
    write_decision(&mut io::stdout().lock(), &decision)?;
    Ok(match decision {
        Decision::Allow(_) => ExitCode::SUCCESS,
        Decision::Deny(_) => ExitCode::FAILURE,
    })
}

fn write_decision(output: &mut impl io::Write, decision: &Decision<'_>) -> io::Result<()> {
    match decision {
        Decision::Allow(rule) => writeln!(output, "allowed by `{}`", rule.entry()),
        Decision::Deny(denial) => writeln!(output, "{denial}"),
    }
}

/// A warning as a program reads it.
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

fn lint(allow_list: &AllowList, json: bool) -> Result<ExitCode, Failure> {
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
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn explain(allow_list: &AllowList) -> Result<ExitCode, Failure> {
    let mut stdout = io::stdout().lock();
    if allow_list.rules().next().is_none() {
        writeln!(stdout, "there is no entry, so every request is denied")?;
    }
    for rule in allow_list.rules() {
        writeln!(stdout, "{rule}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explain_target(allow_list: &AllowList, target: &Target) -> Result<ExitCode, Failure> {
    let mut stdout = io::stdout().lock();
    write_decision(&mut stdout, &allow_list.evaluate(target))?;
    for rule in allow_list.rules() {
        let evaluation = rule.evaluate(target);
        if evaluation == Evaluation::PermitsNothing {
            writeln!(stdout, "  {rule}")?; // Which says it already.
        } else {
            writeln!(stdout, "  {rule}; it {evaluation}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
