//! The harness without wasmtime, for the fuzz targets: its own files, and what they need of the rest.
//!
//! To compile wasmtime with counters in every branch takes half an hour, and no target runs it.

#![expect(dead_code, reason = "the rest of the harness is what uses it")]

mod bindings;
mod wasi_http;

/// The files, as they stand in the harness.
#[path = "../../host/src"]
mod harness {
    pub(crate) mod body;
    pub(crate) mod error;
    pub mod fuzzing;
    pub(crate) mod headers;
    pub(crate) mod limits;
    pub(crate) mod method;
}

/// The parts of an outbound call that need no guest.
#[path = "../../host/src/outbound"]
mod outbound {
    pub(crate) mod connect;
    pub(crate) mod failure;
    pub(crate) mod network;
    pub(crate) mod outgoing;
    pub(crate) mod resolve;
    pub(crate) mod response;
}

use harness::{body, error, headers, limits, method};
pub use harness::fuzzing;

pub use error::{Error, ErrorKind};
pub use limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_HEADER_SECTION_BYTES, DEFAULT_INSTANCES, DEFAULT_MEMORY_BYTES, DEFAULT_REDIRECTS,
    DEFAULT_REQUEST_BODY_BYTES, DEFAULT_RESPONSE_BODY_BYTES, DEFAULT_RESPONSE_TIMEOUT,
    DEFAULT_SELF_CALL_DEPTH, DEFAULT_WALL_TIME, Limits,
};
pub use outbound_policy::AllowList;
