//! Runs the checks on fixed and generated inputs.

#![expect(
    clippy::indexing_slicing,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod corpora;
mod generated;
