//! Outbound HTTP over `wasi:http`: the feature in `Cargo.toml` selects it. The README lists the paths.

use std::time::Duration;

use anyhow::Context as _;
use spin_sdk::http::{Body, IntoResponse, Request, Response, StatusCode};
use spin_sdk::outbound_http::{Timeouts, send_all, send_request, send_streaming};
use spin_sdk::{Error, http_component};

#[http_component]
fn handle(request: Request<Body>) -> anyhow::Result<Response<Body>> {
    let path = request.uri().to_string();
    if let Some(path) = path.strip_prefix("/stream/") {
        return stream(request, path);
    }
    if path == "/both" {
        return both();
    }
    whole(request, &path)
}

/// Sends the request to the upstream and returns its response, piece by piece.
fn stream(mut request: Request<Body>, path: &str) -> anyhow::Result<Response<Body>> {
    *request.uri_mut() = format!("{}/{path}", upstream()?).parse()?;
    Ok(send_streaming(request).unwrap_or_else(|error| bad_gateway(&error)))
}

/// Requests two paths of the upstream at the same time.
fn both() -> anyhow::Result<Response<Body>> {
    let upstream = upstream()?;
    let requests = [
        Request::get(format!("{upstream}/a")).body(())?,
        Request::get(format!("{upstream}/b")).body(())?,
    ];
    let mut text = String::new();
    for result in send_all(requests) {
        text += &format!("{}\n", result?.status());
    }
    Ok(Response::new(text.into()))
}

/// Reads the whole response, in the time `TIMEOUT_MS`.
fn whole(mut request: Request<Body>, path: &str) -> anyhow::Result<Response<Body>> {
    let timeout_ms = match std::env::var("TIMEOUT_MS") {
        Ok(text) => text.parse()?,
        Err(_) => 10_000,
    };
    request.extensions_mut().insert(Timeouts {
        total: Some(Duration::from_millis(timeout_ms)),
        ..Timeouts::default()
    });
    *request.uri_mut() = format!("{}{path}", upstream()?).parse()?;
    Ok(match send_request(request) {
        Ok(response) => response.map(Body::from),
        Err(error) => bad_gateway(&error),
    })
}

/// A 502 that shows the kind and the cause of the error.
fn bad_gateway(error: &Error) -> Response<Body> {
    eprintln!("{error}");
    let cause = error.cause_code().unwrap_or("none");
    let text = format!("{:?}, cause: {cause}\n", error.kind());
    (StatusCode::BAD_GATEWAY, text).into_streaming_response()
}

fn upstream() -> anyhow::Result<String> {
    std::env::var("UPSTREAM")
        .ok()
        .context("set the environment variable UPSTREAM to a base URL")
}
