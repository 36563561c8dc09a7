//! `spin-harness run`: a component that is a program.

use std::process::ExitCode;

use clap::Args;
use host_test_harness::{Input, Output};

use crate::options::GuestOptions;
use crate::report::Failure;

/// Run a component that is a program (it exports `wasi:cli/run`); its stdio and exit code pass through.
#[derive(Args)]
#[command(after_help = "Example:
  spin-harness run fetch.wasm --allow-http-host api.test -- https://api.test/v1?q=1")]
pub(crate) struct Arguments {
    /// The program's arguments.
    #[arg(index = 2, last = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    guest: GuestOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let guest = arguments
        .guest
        .guest()?
        .stdin(Input::Stdin)
        .stdout(Output::Stdout)
        .stderr(Output::Stderr);
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(guest.run(&arguments.arguments));
    // A read of stdin or a write to stdout that nobody waits for any more must not keep the process.
    runtime.shutdown_background();
    Ok(u8::try_from(code?).map_or(ExitCode::FAILURE, ExitCode::from))
}
