//! The harness against real guests, real servers and hostile ones of both.

mod guests;
mod upstream;

mod bodies;
mod cli;
mod examples;
mod headers;
mod limits;
mod misbehaviour;
mod policy;
mod redirects;
mod sdk;
mod self_calls;
mod tls;
mod transport;
