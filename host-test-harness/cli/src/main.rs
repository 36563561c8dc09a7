//! The command `spin-harness`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A server frees on one thread what it allocated on another, and the traffic page frees the oldest of thousands of
/// requests with each new one. With the allocator of glibc, both take longer.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(spin_harness_cli::run(std::env::args_os()).code())
}
