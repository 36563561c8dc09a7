//! Manifests and routes.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails a test, and the helpers of tests read best like tests"
)]

mod allow_list;
mod documents;
mod errors;
mod examples;
mod files;
mod folder;
mod reading;
mod routes;
mod spin_headers;
mod variables;
mod warnings;
