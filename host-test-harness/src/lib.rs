#![doc = include_str!("../README.md")]

mod application;
mod bindings;
mod body;
mod compiled;
mod component;
mod componentize;
pub mod conformance;
mod engine;
mod error;
mod exchange;
mod file;
#[cfg(unix)]
#[doc(hidden)]
pub mod fuzzing;
mod guest;
mod harness;
mod headers;
mod inbound;
mod inspect;
mod invocation;
mod limits;
pub mod manifest;
mod method;
mod outbound;
pub mod route;
mod server;
mod state;
mod stdio;
mod wasi;
mod wasi_http;
mod wasm_file;

pub use application::{Application, ApplicationBuilder};
pub use component::Component;
pub use componentize::{World, componentize, componentize_file};
pub use error::{Error, ErrorKind};
pub use exchange::{Exchange, Outcome};
pub use guest::{Guest, Input, SelfCalls};
pub use harness::{Harness, HarnessBuilder};
pub use inspect::{
    HarnessSupport, Inspection, Item, ItemKind, Outlook, Part, Section, SpinRelease, SpinSupport,
    Tool, inspect, inspect_file,
};
pub use limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_HEADER_SECTION_BYTES, DEFAULT_INSTANCES, DEFAULT_MEMORY_BYTES, DEFAULT_REDIRECTS,
    DEFAULT_REQUEST_BODY_BYTES, DEFAULT_RESPONSE_BODY_BYTES, DEFAULT_RESPONSE_TIMEOUT,
    DEFAULT_SELF_CALL_DEPTH, DEFAULT_WALL_TIME, Limits,
};
pub use manifest::Manifest;
pub use outbound_policy::{AllowList, BlockedNetworks, Origin, Usage};
pub use server::{DEFAULT_SHUTDOWN_TIMEOUT, Server};
pub use stdio::{Output, OutputBuffer, STDERR_TAIL_BYTES};
pub use wasm_file::Form;
