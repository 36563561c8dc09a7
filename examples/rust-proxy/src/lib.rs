//! A proxy: passes requests on to an upstream, and its responses back. The README lists the paths.

use anyhow::Context as _;
use spin_sdk::http::header::{CONTENT_ENCODING, HOST};
use spin_sdk::http::uri::Uri;
use spin_sdk::http::{Bytes, HeaderValue, IntoResponse, Request, Response, StatusCode};
use spin_sdk::http_component;
use spin_sdk::outbound_http::send_request;

#[cfg(test)]
mod tests;

#[http_component]
fn handle(request: Request) -> anyhow::Result<Response> {
    let upstream = std::env::var("UPSTREAM").context("the environment variable UPSTREAM")?;
    proxy(request, &upstream)
}

/// Passes a request on to the service whose base URL is `upstream`.
fn proxy(request: Request, upstream: &str) -> anyhow::Result<Response> {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let Some((way, path)) = path.get(1..).and_then(|path| path.split_once('/')) else {
        return Ok(not_found());
    };
    let uri: Uri = format!("{upstream}/{path}").parse()?;
    let response = match way {
        "as-is" => as_is(request, uri),
        "copy" => copy(&request, uri),
        "host" => as_another_host(request, uri),
        "upper" => in_upper_case(request, uri),
        _ => return Ok(not_found()),
    };
    response.or_else(|error| {
        // For the log. The client gets no detail.
        eprintln!("{error:#}");
        Ok((StatusCode::BAD_GATEWAY, "The upstream does not respond\n").into_response())
    })
}

/// Sends the inbound request itself. The client's host and connection stay behind.
fn as_is(mut request: Request, uri: Uri) -> anyhow::Result<Response> {
    *request.uri_mut() = uri;
    Ok(send_request(request)?)
}

/// Makes a new request with the headers of the inbound one, of which the same fields stay behind.
fn copy(inbound: &Request, uri: Uri) -> anyhow::Result<Response> {
    let mut request = Request::builder()
        .method(inbound.method())
        .uri(uri)
        .body(inbound.body().clone())?;
    request.headers_mut().extend(inbound.headers().clone());
    Ok(send_request(request)?)
}

/// Sets the host that the upstream sees. Without that, it is the host of `uri`.
fn as_another_host(mut request: Request, uri: Uri) -> anyhow::Result<Response> {
    let host = HeaderValue::from_static("another.test");
    request.headers_mut().insert(HOST, host);
    as_is(request, uri)
}

/// Passes back another body, whose length `content-length` is then. A compressed body stays as it is.
fn in_upper_case(request: Request, uri: Uri) -> anyhow::Result<Response> {
    let response = as_is(request, uri)?;
    if response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = body.unwrap_or_default();
    let text = std::str::from_utf8(&body).context("the body of the upstream is not text")?;
    Ok(Response::from_parts(
        parts,
        Some(Bytes::from(text.to_uppercase())),
    ))
}

fn not_found() -> Response {
    let text = "Use one of the paths /as-is/, /copy/, /host/ and /upper/\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
