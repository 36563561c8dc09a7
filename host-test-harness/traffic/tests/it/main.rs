//! The traffic page as a browser and an attacker see it, and its text.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod access;
mod bounds;
mod events;
mod mocks;
mod support;
mod tree;
