//! Tests of the library with real and hostile guests and servers.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod bodies;
mod componentize;
mod embedding;
mod examples;
mod faults;
mod headers;
mod hostile_files;
mod inspect;
mod kept_connections;
mod limits;
mod log;
mod misbehaviour;
mod mocks;
mod policy;
mod readme;
mod recordings;
mod redirects;
mod sdk;
mod self_calls;
mod server;
mod services;
mod support;
mod sweep;
mod table;
mod test_app;
mod tls;
mod transport;
mod virtual_time;
mod wasi_http;
