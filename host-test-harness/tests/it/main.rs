//! The harness against real guests, real servers and hostile ones of both.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod guests;
mod stock;
mod upstream;

mod application;
mod bodies;
mod build;
mod cli;
mod compiled;
mod componentize;
mod conformance;
mod examples;
mod faults;
mod guest_tests;
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
mod up;
mod wasi_http;
