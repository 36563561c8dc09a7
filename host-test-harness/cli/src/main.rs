//! The command `spin-harness`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(spin_harness_cli::run(std::env::args_os()).code())
}
