//! What a user of the SDK sees, built for the host's own target.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may print, and fails by panicking"
)]

mod error;
mod http_component;
mod into_response;
#[cfg(feature = "json")]
mod json;
mod readme;
