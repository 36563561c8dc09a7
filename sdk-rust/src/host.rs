//! What sends a request: the import in a component, the test host in a native build.
//!
//! The modules for whole bodies have the same function `send`.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod native;
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) mod spin;
#[cfg(all(feature = "wasi-http", any(test, target_family = "wasm")))]
pub(crate) mod wasi_http;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::send;
#[cfg(all(not(feature = "wasi-http"), target_family = "wasm"))]
pub(crate) use spin::send;
