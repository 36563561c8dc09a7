//! The command `spin-harness`: parses the command line, calls the library, prints the result.
//!
//! Results go to stdout and everything else to stderr. `EXIT_CODES` lists the exit codes.

mod command;
mod options;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::Level;

use command::{build, componentize, conformance, inspect, policy, request, run, up};
use report::LogFormat;

const EXIT_CODES: &str = "Examples:
  spin-harness request app.wasm --allow-outbound-host https://api.test /
  spin-harness up --from app/spin.toml --watch
  spin-harness help request

Exit codes:
  0  Success
  1  The guest failed, a file cannot be used, or `policy` found something to report
  2  Wrong usage: an unknown flag, a missing argument or an invalid value
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
    Up(up::Arguments),
    Inspect(inspect::Arguments),
    Build(build::Arguments),
    Componentize(componentize::Arguments),
    Conformance(conformance::Arguments),
    #[command(subcommand)]
    Policy(policy::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    componentize::keep_decoder_quiet();
    let level = match &arguments.command {
        _ if arguments.verbose => Level::INFO,
        Command::Up(_) => Level::INFO,
        // Its scenarios make calls that fail on purpose.
        Command::Conformance(_) => Level::ERROR,
        Command::Run(_)
        | Command::Request(_)
        | Command::Inspect(_)
        | Command::Build(_)
        | Command::Componentize(_)
        | Command::Policy(_) => Level::WARN,
    };
    report::start_log(level, arguments.log_format);
    let result = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Request(arguments) => request::run(&arguments),
        Command::Up(arguments) => up::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Componentize(arguments) => componentize::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Policy(command) => policy::run(&command),
    };
    result.unwrap_or_else(|failure| report::failure(&failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

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
        duplicates(&Arguments::command(), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}
