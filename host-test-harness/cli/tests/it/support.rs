//! The command under test.

use std::process::Command;

/// `spin-harness`, as it was built for this run.
pub(crate) fn spin_harness() -> Command {
    Command::new(env!("CARGO_BIN_EXE_spin-harness"))
}
