//! The command `spin-harness`, and the parts of it that are useful to other programs: the conformance runner.

pub mod conformance;

mod command;
mod command_line;
mod exit_status;
mod options;
mod report;

pub use command_line::run;
pub use exit_status::ExitStatus;
