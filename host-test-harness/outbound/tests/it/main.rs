//! Outbound calls without a WebAssembly runtime.

#![expect(clippy::unwrap_used, reason = "a failure here fails a test")]

mod redirects;
mod transport;
