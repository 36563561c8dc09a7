//! Instances: the engine that runs them, the code that they share, what each owns on the host's side, and how each
//! invocation ends.

pub(crate) mod clocks;
pub(crate) mod code_cache;
pub(crate) mod engine;
mod function_cache;
pub(crate) mod invocation;
mod memory_limit;
pub(crate) mod state;
pub(crate) mod wasi;
