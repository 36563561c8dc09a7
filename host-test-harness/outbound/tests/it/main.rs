//! Outbound calls without a WebAssembly runtime.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failure here fails a test"
)]

mod redirects;
mod transport;
