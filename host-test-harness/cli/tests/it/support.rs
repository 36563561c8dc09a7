//! What several modules of these tests share.

pub(crate) mod up;

use std::process::Command;

/// `spin-harness`, as it was built for this run.
pub(crate) fn spin_harness() -> Command {
    Command::new(env!("CARGO_BIN_EXE_spin-harness"))
}
