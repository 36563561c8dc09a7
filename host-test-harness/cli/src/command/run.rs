//! `spin-harness run`: runs a command component.

use std::path::{Path, PathBuf};

use clap::Args;
use spin_harness::{Input, Output};

use crate::ExitStatus;
use crate::options::GuestOptions;
use crate::report::Failure;

/// Run a command component (one that exports `wasi:cli/run`), with its stdio and its exit code.
///
/// As a Cargo runner, it runs the unit tests of a guest: the component may also be the first argument after
/// `--`.
#[derive(Args)]
#[command(after_help = "Examples:
  spin-harness run fetch.wasm --allow-outbound-host https://api.test -- https://api.test/v1?q=1

  # .cargo/config.toml, for `cargo test --target wasm32-wasip2`
  [target.wasm32-wasip2]
  runner = \"spin-harness run --env RUST_TEST_NOCAPTURE=1 --manifest spin.toml --\"")]
pub(crate) struct Arguments {
    /// Path to a .wasm component (core modules are componentized first).
    #[arg(index = 1, required_unless_present_any = ["arguments", "manifest"])]
    component: Option<PathBuf>,
    /// Arguments of the guest. If no component is given before `--`, the first one is the component.
    #[arg(index = 2, last = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    guest: GuestOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let (component, program_arguments) = match (&arguments.component, &arguments.arguments[..]) {
        (Some(component), all) => (Some(component.as_path()), all),
        (None, [component, rest @ ..]) => (Some(Path::new(component)), rest),
        (None, []) => (None, &[][..]),
    };
    let traffic = arguments.guest.traffic()?;
    let guest = arguments
        .guest
        .guest(component, &traffic)?
        .stdin(Input::Stdin)
        .stdout(Output::Stdout)
        .stderr(Output::Stderr);
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(guest.run(program_arguments));
    // Do not wait for a read of stdin or a write to stdout that is still blocked.
    runtime.shutdown_background();
    let recorded = traffic.finish();
    let code = code?;
    recorded?;
    Ok(u8::try_from(code).map_or(ExitStatus::FAILURE, ExitStatus::from))
}
