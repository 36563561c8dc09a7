//! `spin-harness policy`: checks, lints and explains allow-lists, without a component.

use std::io::{self, Write as _};

use clap::Subcommand;
use outbound_policy::{AllowList, Decision, Origin, Target};
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
        /// Print a JSON object: `allowed`, `list`, `message`, and `entry` if the URL is permitted; else `reason`
        /// (a code), `nearest` and `entry_to_add`, if an entry permits the URL.
        #[arg(long)]
        json: bool,
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
        /// Print a JSON object: `rules` with `list`, `entry` and `message` of each entry and, for a URL,
        /// `evaluation` (a code); and `decision`, the JSON of `check`.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command) -> Result<ExitStatus, Failure> {
    match command {
        Command::Check { list, url, json } => {
            let list = list.read()?;
            for warning in list.warnings() {
                tracing::warn!("{warning}");
            }
            check(&list, &target(url)?, *json)
        }
        Command::Lint { list, json } => lint(&list.read()?, *json),
        Command::Explain { list, url, json } => {
            let list = list.read()?;
            let target = url.as_deref().map(target).transpose()?;
            explain(&list, target.as_ref(), *json)
        }
    }
}

fn target(url: &str) -> Result<Target, Failure> {
    // Policy does not look at the origin of a `self` request, so any origin will do.
    let origin = Origin::parse("http://localhost").expect("a literal that parses");
    Target::parse(url, Some(&origin)).map_err(|error| Failure::Usage(error.to_string()))
}

fn check(allow_list: &AllowList, target: &Target, json: bool) -> Result<ExitStatus, Failure> {
    let decision = allow_list.evaluate(target);
    if json {
        print_json(&decision)?;
    } else {
        writeln!(io::stdout().lock(), "{decision}")?;
    }
    Ok(match decision {
        Decision::Allow(_) => ExitStatus::SUCCESS,
        Decision::Deny(_) => ExitStatus::FAILURE,
    })
}

fn lint(allow_list: &AllowList, json: bool) -> Result<ExitStatus, Failure> {
    let warnings: Vec<_> = allow_list.warnings().collect();
    if json {
        print_json(&warnings)?;
    } else {
        let mut stdout = io::stdout().lock();
        for warning in &warnings {
            writeln!(stdout, "{warning}")?;
        }
    }
    Ok(if warnings.is_empty() {
        ExitStatus::SUCCESS
    } else {
        ExitStatus::FAILURE
    })
}

fn explain(
    allow_list: &AllowList,
    target: Option<&Target>,
    json: bool,
) -> Result<ExitStatus, Failure> {
    let explanation = allow_list.explain(target);
    if json {
        print_json(&explanation)?;
    } else {
        write!(io::stdout().lock(), "{explanation}")?;
    }
    Ok(ExitStatus::SUCCESS)
}

/// Prints the JSON of the crate `outbound-policy`, which the npm package of that name also returns.
fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value)?;
    writeln!(stdout)
}
