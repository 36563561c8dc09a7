//! The command `spin-harness` and the conformance runner, as a user calls them.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod support;

mod build;
mod cli;
mod compiled;
mod componentize;
mod conformance;
mod exit_codes;
mod guest_tests;
mod hostile_files;
mod inspect;
mod manifests;
mod mocks;
mod policy;
mod published_apps;
mod readme;
mod recordings;
mod sweep;
mod up;
