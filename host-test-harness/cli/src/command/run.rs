//! `spin-harness run`: a component that is a program.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use spin_harness::{Input, Output};

use crate::options::GuestOptions;
use crate::report::Failure;

/// Run a component that is a program (it exports `wasi:cli/run`); its stdio and exit code pass through.
///
/// Cargo can run a guest's unit tests by it: what follows `--` may begin with the component.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness run fetch.wasm --allow-http-host api.test -- https://api.test/v1?q=1

  # .cargo/config.toml, for `cargo test --target wasm32-wasip2`
  [target.wasm32-wasip2]
  runner = \"spin-harness run --env RUST_TEST_NOCAPTURE=1 --allow-http-host api.test --\"")]
pub(crate) struct Arguments {
    /// The component, a .wasm file; a core module is made one.
    #[arg(index = 1, required_unless_present = "arguments")]
    component: Option<PathBuf>,
    /// The program's arguments; the first of them is the component if none is named before `--`.
    #[arg(index = 2, last = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    guest: GuestOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (component, program_arguments) = match (&arguments.component, &arguments.arguments[..]) {
        (Some(component), all) => (component.as_path(), all),
        (None, [component, rest @ ..]) => (Path::new(component), rest),
        (None, []) => return Err(Failure::Usage("name a component, a .wasm file".to_owned())),
    };
    let guest = arguments
        .guest
        .guest(component)?
        .stdin(Input::Stdin)
        .stdout(Output::Stdout)
        .stderr(Output::Stderr);
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(guest.run(program_arguments));
    // A read of stdin or a write to stdout that nobody waits for any more must not keep the process.
    runtime.shutdown_background();
    Ok(u8::try_from(code?).map_or(ExitCode::FAILURE, ExitCode::from))
}
