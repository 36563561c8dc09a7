//! The command `spin-harness`: parses the command line, calls the library, prints.
//!
//! Results go to stdout and everything else to stderr. Exit code 0: done; 1: the guest failed, or
//! the answer is no; 2: wrong usage.

mod command;
mod options;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::Level;

use command::{build, componentize, conformance, inspect, policy, request, run, up};
use report::LogFormat;

/// Run WebAssembly components that make outbound HTTP calls, with Spin's permissions and without Spin.
#[derive(Parser)]
#[command(name = "spin-harness", version, arg_required_else_help = true)]
struct Arguments {
    /// Log every exchange, not only those that fail; `up` does so anyway.
    #[arg(long, short, global = true)]
    verbose: bool,
    /// How the log is written, on stderr.
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
        // Calls that fail are what its scenarios are about.
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
