//! Tests of the drivers' common part, with real components.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure fails the test"
)]

mod cases;
mod schema;
mod session;
