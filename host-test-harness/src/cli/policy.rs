//! `spin-harness policy`: what a list of permissions means, without a component.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use outbound_policy::{Decision, Origin, Target};

use crate::options::Permissions;
use crate::report::Failure;

/// Ask what a list of permissions means.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say whether a URL may be called: exit code 0 with the entry that permits it, or 1 with the
    /// reason and the entry that would.
    #[command(after_help = "Example:
  spin-harness policy check --allow-http-host api.test https://api.test/v1")]
    Check {
        #[command(flatten)]
        permissions: Permissions,
        /// What a guest would call: an http or https URL, or `/path` for a `self` request.
        url: String,
    },
}

pub(crate) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check { permissions, url } => check(permissions, url),
    }
}

fn check(permissions: &Permissions, url: &str) -> Result<ExitCode, Failure> {
    let allow_list = permissions.allow_list()?;
    // Any origin serves: a `self` request is judged by what it is, and not by where it goes.
    let origin =
        Origin::parse("http://localhost").map_err(|error| Failure::Usage(error.to_string()))?;
    let target =
        Target::parse(url, Some(&origin)).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut stdout = io::stdout().lock();
    match allow_list.decide(&target) {
        Decision::Allow(rule) => {
            writeln!(stdout, "allowed by `{}`", rule.entry())?;
            Ok(ExitCode::SUCCESS)
        }
        Decision::Deny(denial) => {
            writeln!(stdout, "{denial}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}
