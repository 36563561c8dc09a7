//! The parts of the command `spin-harness` that are useful to other programs: the conformance runner.

pub mod conformance;
