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
//! [`TestApp`] calls one of them in a test, and [`mocks`] answer its outbound calls.
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
mod build;
mod chain;
mod component;
mod componentize;
mod error;
mod exports;
mod file;
mod guest;
mod harness;
mod imports;
mod inbound;
mod inspect;
mod instance;
mod key_value;
pub mod limits;
mod producers;
mod server;
mod stdio;
mod sweep;
mod task;
mod test_app;
mod wasm_file;

pub use application::{Application, ApplicationBuilder};
pub use build::build;
pub use bytes::Bytes;
pub use component::Component;
pub use componentize::{World, componentize, componentize_file};
pub use error::{Error, ErrorKind};
pub use guest::{Guest, Input};
pub use harness::{Harness, HarnessBuilder};
#[doc(inline)]
pub use harness_manifest as manifest;
#[doc(inline)]
pub use harness_manifest::{Manifest, route};
pub use harness_outbound as outbound;
#[doc(inline)]
pub use harness_outbound::mocks;
pub use harness_outbound::sweep::CallSite;
pub use harness_outbound::{Exchange, Outcome, SelfCalls, Transport, TransportError, Via};
#[cfg(feature = "har")]
#[doc(inline)]
pub use harness_outbound::{har, recording};
pub use http;
pub use inspect::{
    Compatibility, HarnessSupport, Inspection, Item, ItemKind, Module, Section, SpinRelease,
    SpinSupport, WasiSupport, inspect, inspect_file,
};
pub use instance::code_cache::CodeCache;
pub use instance::engine::Compiler;
pub use key_value::{KEY_BYTES, KeyValue, KeyValueFull, MAX_KEY_VALUE_BYTES};
pub use limits::Limits;
pub use outbound_policy::{AllowList, BlockedNetworks, Origin, Usage};
pub use producers::Tool;
pub use server::{DEFAULT_SHUTDOWN_TIMEOUT, Serve, Server};
pub use stdio::{Output, OutputBuffer, STDERR_TAIL_BYTES, Stream, Written};
pub use sweep::{Answer, Sweep, SweepRun};
pub use test_app::{TestApp, TestServer};
pub use wasm_file::WasmKind;
