//! Tests of the public API, in a native build.

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
mod testing;
mod variables;
