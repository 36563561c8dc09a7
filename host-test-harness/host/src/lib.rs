//! Runs WebAssembly components that make outbound HTTP calls, with Spin's permission model and without Spin.
//!
//! A component handles requests through one of three exports (`fermyon:spin/inbound-http`,
//! `wasi:http/incoming-handler` 0.2, `wasi:http/handler` 0.3) and calls other services through one of three
//! imports (`fermyon:spin/http`, `wasi:http/outgoing-handler` 0.2, `wasi:http/client` 0.3).
//! The harness instantiates it once per request, evaluates each outbound call against the component's
//! permissions, performs the call within the [`Limits`], and reports it as an [`Exchange`].
//!
//! [`Harness`] compiles a [`Component`]; the component with a name and permissions is a [`Guest`].
//! [`Application`] is the guests of a Spin manifest behind their routes, and [`Server`] serves it over TCP.
//!
//! ```no_run
//! use bytes::Bytes;
//! use spin_harness::{AllowList, Harness};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let harness = Harness::builder().build()?;
//!     let guest = harness
//!         .load_file("app.wasm")?
//!         .guest("app")
//!         .allow_list(AllowList::from_allowed_outbound_hosts(["https://api.test"], |_| None)?);
//!     let response = guest.handle(http::Request::get("/").body(Bytes::new())?).await?;
//!     assert_eq!(response.status(), 200);
//!     Ok(())
//! }
//! ```

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

mod application;
mod bindings;
mod body;
mod compiled;
mod component;
mod componentize;
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
mod printable;
mod producers;
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
    Compatibility, HarnessSupport, Inspection, Item, ItemKind, Module, Section, SpinRelease,
    SpinSupport, inspect, inspect_file,
};
pub use limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTIONS_PER_UPSTREAM, DEFAULT_HEADER_FIELDS,
    DEFAULT_HEADER_SECTION_BYTES, DEFAULT_INSTANCES, DEFAULT_MEMORY_BYTES, DEFAULT_REDIRECTS,
    DEFAULT_REQUEST_BODY_BYTES, DEFAULT_RESPONSE_BODY_BYTES, DEFAULT_RESPONSE_TIMEOUT,
    DEFAULT_SELF_CALL_DEPTH, DEFAULT_WALL_TIME, Limits,
};
pub use manifest::Manifest;
pub use outbound_policy::{AllowList, BlockedNetworks, Origin, Usage};
#[doc(hidden)]
pub use printable::printable;
pub use producers::Tool;
pub use server::{DEFAULT_SHUTDOWN_TIMEOUT, Server};
pub use stdio::{Output, OutputBuffer, STDERR_TAIL_BYTES};
pub use wasm_file::WasmKind;
