//! Shared helpers of the tests of the harness and of its command.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    missing_debug_implementations,
    missing_docs,
    reason = "a panic here fails a test, and helpers are written like tests"
)]

pub mod application;
pub mod command;
pub mod golden;
pub mod guests;
pub mod published;
pub mod table;
pub mod upstream;
