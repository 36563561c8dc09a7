//! Runs the checks on fixed and generated inputs.

mod corpora;
mod generated;
mod recordings;
