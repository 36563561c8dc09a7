//! Tests of the library with real and hostile guests and servers.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod bodies;
mod componentize;
mod examples;
mod faults;
mod headers;
mod hostile_files;
mod inspect;
mod limits;
mod log;
mod manifest;
mod misbehaviour;
mod policy;
mod property;
mod redirects;
mod routes;
mod sdk;
mod self_calls;
mod server;
mod tls;
mod transport;
mod wasi_http;
