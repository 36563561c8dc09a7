//! Outbound calls without a WebAssembly runtime.

#![expect(clippy::unwrap_used, reason = "a failure here fails a test")]

mod connect_timeout;
mod mocks;
#[cfg(feature = "har")]
#[expect(clippy::indexing_slicing, reason = "a failure here fails a test")]
mod recording;
mod redirects;
mod transport;
