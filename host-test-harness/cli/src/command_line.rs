//! Parses the command line, runs the command, and logs what fails.

use std::ffi::OsString;

use clap::{Arg, ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tracing::Level;

use crate::ExitStatus;
use crate::command::{
    build, componentize, conformance, inspect, policy, request, run, serve_stdio, sweep, up,
};
use crate::report::{self, Failure, LogFormat};

const EXIT_CODES: &str = "Examples:
  spin-harness request app.wasm --allow-outbound-host https://api.test /
  spin-harness up app/spin.toml --watch
  spin-harness help request

Exit codes:
  0  Success
  1  The guest failed, a file cannot be used, or `policy` or `sweep` found something to report
  2  Wrong usage: an unknown flag, a missing argument or an invalid value
  22 The status is 400 or above (`request --fail`)
  `run` exits with the exit code of the guest.";

/// Run WebAssembly components that make outbound HTTP calls, with Spin's permissions and without Spin.
#[derive(Parser)]
#[command(name = "spin-harness", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    /// Log every outbound call, not only those that fail. `up` always does.
    #[arg(long, short, global = true)]
    verbose: bool,
    /// Format of the log on stderr.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Request(request::Arguments),
    Sweep(sweep::Arguments),
    Up(up::Arguments),
    ServeStdio(serve_stdio::Arguments),
    Inspect(inspect::Arguments),
    Build(build::Arguments),
    Componentize(componentize::Arguments),
    Conformance(conformance::Arguments),
    #[command(subcommand)]
    Policy(policy::Command),
}

/// The commands that make no outbound calls.
const QUIET: [&str; 4] = ["inspect", "build", "componentize", "policy"];

impl Command {
    fn makes_calls(&self) -> bool {
        match self {
            Self::Run(_)
            | Self::Request(_)
            | Self::Sweep(_)
            | Self::Up(_)
            | Self::ServeStdio(_)
            | Self::Conformance(_) => true,
            Self::Inspect(_) | Self::Build(_) | Self::Componentize(_) | Self::Policy(_) => false,
        }
    }
}

/// Runs the command line, whose first argument is the name of the program, and returns the exit code. Results go to
/// stdout and everything else to stderr.
///
/// A usage error, `--help` and `--version` end the process, as they do in other programs.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitStatus {
    let matches = command().get_matches_from(arguments);
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    componentize::keep_decoder_quiet();
    let level = match &arguments.command {
        _ if arguments.verbose => Level::INFO,
        Command::Up(_) => Level::INFO,
        // Their calls fail on purpose.
        Command::Conformance(_) | Command::Sweep(_) => Level::ERROR,
        Command::Run(_)
        | Command::Request(_)
        | Command::ServeStdio(_)
        | Command::Inspect(_)
        | Command::Build(_)
        | Command::Componentize(_)
        | Command::Policy(_) => Level::WARN,
    };
    if arguments.verbose && !arguments.command.makes_calls() {
        return report::failure(&Failure::Usage(
            "--verbose: this command makes no outbound calls that could be logged; leave the flag out".to_owned(),
        ));
    }
    let log_format = arguments.log_format;
    if log_format == LogFormat::Tree && !matches!(arguments.command, Command::Up(_)) {
        return report::failure(&Failure::Usage(
            "--log-format tree: only `up` has requests to show; use `human` or `json`".to_owned(),
        ));
    }
    if let Command::Up(_) = &arguments.command
        && let Err(error) = report::queue_log()
    {
        return report::failure(&Failure::Output(error));
    }
    report::start_log(level, log_format);
    let result = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Request(arguments) => request::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Up(arguments) => up::run(&arguments, log_format),
        Command::ServeStdio(serve_stdio::Arguments {}) => serve_stdio::run(),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Componentize(arguments) => componentize::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Policy(command) => policy::run(&command),
    };
    let code = result.unwrap_or_else(|failure| report::failure(&failure));
    report::flush_log();
    code
}

/// The command line. The commands that make no outbound calls do not list `--verbose`, and refuse it.
fn command() -> clap::Command {
    let hide = |command: clap::Command| {
        let verbose = Arg::new("verbose").long("verbose").short('v');
        command.arg(verbose.action(ArgAction::SetTrue).hide(true))
    };
    let command = Arguments::command();
    let command = QUIET
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, hide));
    command.mut_subcommand("policy", |policy| policy.mut_subcommands(hide))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// clap reads two flags with the same id as one, and says so in debug builds only.
    #[test]
    fn each_argument_of_a_command_has_an_id_of_its_own() {
        fn duplicates(command: &clap::Command, found: &mut Vec<String>) {
            let mut ids: Vec<&str> = command
                .get_arguments()
                .map(|argument| argument.get_id().as_str())
                .collect();
            ids.sort_unstable();
            let pairs = ids.windows(2).filter(|pair| pair[0] == pair[1]);
            found.extend(pairs.map(|pair| format!("{} {}", command.get_name(), pair[0])));
            for command in command.get_subcommands() {
                duplicates(command, found);
            }
        }
        let mut found = Vec::new();
        duplicates(&command(), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    /// The lines of an `after_help` that begin with the name of the program, behind variables and in quotes as in a
    /// shell.
    fn examples(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let lines = help.lines().filter_map(|line| {
            let example = line
                .trim_start()
                .strip_prefix("SPIN_VARIABLE_UPSTREAM=http://127.0.0.1:9000 ");
            let example = example.unwrap_or(line.trim_start());
            example
                .starts_with("spin-harness ")
                .then(|| example.to_owned())
        });
        found.extend(lines);
        for command in command.get_subcommands() {
            examples(command, found);
        }
    }

    /// The words of a command line, up to a pipe or a redirection.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        for (index, part) in line.split('\'').enumerate() {
            if index % 2 == 1 {
                words.last_mut().unwrap().push_str(part);
                continue;
            }
            let mut pieces = part.split(' ');
            words.last_mut().unwrap().push_str(pieces.next().unwrap());
            words.extend(pieces.map(str::to_owned));
        }
        let end = words.iter().position(|word| ["|", "2>"].contains(&&**word));
        words.truncate(end.unwrap_or(words.len()));
        words
    }

    #[test]
    fn every_example_of_the_help_is_a_valid_command_line() {
        let mut found = Vec::new();
        examples(&command(), &mut found);
        assert!(found.len() > 20, "{found:#?}");
        let invalid: Vec<_> = found
            .iter()
            .filter_map(|line| {
                let error = command().try_get_matches_from(words(line)).err()?;
                let is_help = error.kind() == clap::error::ErrorKind::DisplayHelp;
                (!is_help).then(|| format!("{line}: {error}"))
            })
            .collect();
        assert!(invalid.is_empty(), "{}", invalid.join("\n"));
    }

    /// An option has one meaning, one name for its value and one default, whatever command has it. `conformance` tests
    /// hosts, and has options of its own.
    #[test]
    fn options_of_the_same_name_agree() {
        fn collect(command: &clap::Command, path: &str, found: &mut BTreeMap<String, Vec<String>>) {
            for argument in command.get_arguments() {
                let Some(name) = argument.get_long() else {
                    continue;
                };
                let takes_values = argument.get_action().takes_values();
                let shown = format!(
                    "-{:?} {:?} {:?}",
                    argument.get_short(),
                    argument.get_value_names().filter(|_| takes_values),
                    argument.get_default_values()
                );
                found
                    .entry(name.to_owned())
                    .or_default()
                    .push(format!("{shown} {path}"));
            }
            for command in command.get_subcommands() {
                if command.get_name() != "conformance" {
                    collect(command, &format!("{path} {}", command.get_name()), found);
                }
            }
        }
        let mut found = BTreeMap::new();
        collect(&command(), "", &mut found);
        let differ = found.iter().filter(|(_, uses)| {
            let mut shown: Vec<_> = uses.iter().map(|one| one.split("] ").next()).collect();
            shown.dedup();
            shown.len() > 1
        });
        let differ: Vec<_> = differ.collect();
        assert!(differ.is_empty(), "{differ:#?}");
    }
}
