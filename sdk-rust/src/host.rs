//! What sends a request: the import in a component, the test host in a native build.
//!
//! Each module has the same function `send`.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod native;
pub(crate) mod spin;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::send;
#[cfg(target_family = "wasm")]
pub(crate) use spin::send;
