//! Outbound HTTP over `wasi:http`: only the feature in `Cargo.toml` differs from a component of Spin's own interface.

use anyhow::Context as _;
use spin_sdk::http::{IntoResponse, Request, Response, StatusCode};
use spin_sdk::http_component;
use spin_sdk::outbound_http::send_request;

/// Sends the request to the upstream, and returns its response; or the kind and the cause of the error.
#[http_component]
fn handle(mut request: Request) -> anyhow::Result<Response> {
    let upstream = std::env::var("UPSTREAM")
        .ok()
        .context("set the environment variable UPSTREAM to a base URL")?;
    *request.uri_mut() = format!("{upstream}{}", request.uri()).parse()?;
    Ok(send_request(request).unwrap_or_else(|error| {
        eprintln!("{error}");
        let cause = error.cause_code().unwrap_or("none");
        let text = format!("{:?}, cause: {cause}\n", error.kind());
        (StatusCode::BAD_GATEWAY, text).into_response()
    }))
}
