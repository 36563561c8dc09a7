//! Outbound HTTP over `wasi:http`: the feature in `Cargo.toml` selects it, and `Timeouts` need it.

use std::time::Duration;

use anyhow::Context as _;
use spin_sdk::http::{IntoResponse, Request, Response, StatusCode};
use spin_sdk::http_component;
use spin_sdk::outbound_http::{Timeouts, send_request};

/// Sends the request to the upstream, which has `TIMEOUT_MS`, and returns its response; or the kind and the cause of the error.
#[http_component]
fn handle(mut request: Request) -> anyhow::Result<Response> {
    let upstream = std::env::var("UPSTREAM")
        .ok()
        .context("set the environment variable UPSTREAM to a base URL")?;
    let timeout_ms = match std::env::var("TIMEOUT_MS") {
        Ok(text) => text.parse()?,
        Err(_) => 10_000,
    };
    request.extensions_mut().insert(Timeouts {
        total: Some(Duration::from_millis(timeout_ms)),
        ..Timeouts::default()
    });
    *request.uri_mut() = format!("{upstream}{}", request.uri()).parse()?;
    Ok(send_request(request).unwrap_or_else(|error| {
        eprintln!("{error}");
        let cause = error.cause_code().unwrap_or("none");
        let text = format!("{:?}, cause: {cause}\n", error.kind());
        (StatusCode::BAD_GATEWAY, text).into_response()
    }))
}
