//! The library against real guests, real servers and hostile ones of both.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod bodies;
mod embedding;
mod faults;
mod headers;
mod limits;
mod log;
mod misbehaviour;
mod policy;
mod redirects;
mod sdk;
mod self_calls;
mod server;
mod support;
mod table;
mod tls;
mod transport;
mod wasi_http;
