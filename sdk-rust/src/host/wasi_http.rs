//! The interface `wasi:http` 0.2: the import `outgoing-handler` and the export `incoming-handler`.

pub(crate) mod bindings;
#[cfg(target_family = "wasm")]
pub(crate) mod deadline;
pub(crate) mod error_code;
#[cfg(target_family = "wasm")]
mod incoming;
#[cfg(target_family = "wasm")]
mod outgoing;

#[cfg(target_family = "wasm")]
pub use incoming::handle;
#[cfg(target_family = "wasm")]
pub(crate) use outgoing::{InFlight, send, start};
