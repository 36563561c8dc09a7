//! Runs WebAssembly components that make outbound HTTP calls, with Spin's permission model and without Spin.
//!
//! A [`Harness`] loads a [`Component`]; a [`Guest`] is that component with permissions and an
//! environment; [`Guest::handle`] has a fresh instance answer a request in memory, and
//! [`Guest::run`] runs a program. What the guest sends out through `fermyon:spin/http` goes to
//! real upstreams, if the [`AllowList`] permits it.
//!
//! The command `spin-harness` is a thin layer over this library.

mod bindings;
mod component;
mod engine;
mod error;
mod exchange;
mod guest;
mod harness;
mod headers;
mod inbound;
mod limits;
mod method;
mod outbound;
mod state;
mod stdio;

pub use component::Component;
pub use error::{Error, ErrorKind};
pub use exchange::{Exchange, Outcome};
pub use guest::{Guest, Input, SelfCalls};
pub use harness::{Harness, HarnessBuilder};
pub use limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_HEADER_SECTION_BYTES, DEFAULT_INSTANCES, DEFAULT_MEMORY_BYTES, DEFAULT_REDIRECTS,
    DEFAULT_REQUEST_BODY_BYTES, DEFAULT_RESPONSE_BODY_BYTES, DEFAULT_RESPONSE_TIMEOUT,
    DEFAULT_SELF_CALL_DEPTH, DEFAULT_WALL_TIME, Limits,
};
pub use outbound_policy::{AllowList, Origin};
pub use stdio::{Output, OutputBuffer, STDERR_TAIL_BYTES};
