//! The Rust probe: makes the described requests with `spin_sdk`, as an app would.

use probe_protocol::{Body, Description, Outcome};
use spin_sdk::http::{self, HeaderMap, Method, Request, Response, StatusCode};
use spin_sdk::{Error, ErrorKind, http_component, outbound_http};

#[cfg(feature = "wasi-http")]
mod wasi_http;

#[http_component]
fn handle(request: Request) -> anyhow::Result<Response> {
    let descriptions = request.body().as_deref().unwrap_or_default();
    let outcomes = match request.uri().path() {
        #[cfg(feature = "wasi-http")]
        probe_protocol::CONCURRENT_PATH => wasi_http::send_all(descriptions)?,
        _ => probe_protocol::respond(descriptions, send)?,
    };
    let mut response = Response::new(Some(outcomes.into()));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

fn send(description: Description) -> Outcome {
    #[cfg(feature = "wasi-http")]
    if !description.pieces.is_empty() {
        return wasi_http::send_pieces(description);
    }
    let named = (description.method.clone(), description.uri.clone());
    match request(description) {
        Ok(request) => outcome(outbound_http::send_request(request)),
        Err(error) => refused(&error, named),
    }
}

fn request(description: Description) -> Result<Request, http::Error> {
    let method = Method::from_bytes(description.method.as_bytes())?;
    let mut builder = Request::builder().method(method).uri(description.uri);
    for (name, value) in description.headers {
        builder = builder.header(name, value);
    }
    for (name, value) in description.raw_headers {
        builder = builder.header(name, value.0);
    }
    #[cfg(feature = "wasi-http")]
    let builder = wasi_http::options(
        builder,
        description.follow_redirects,
        description.timeout_ms,
    );
    builder.body(description.body.map(|body| body.0.into()))
}

fn outcome(result: Result<Response, Error>) -> Outcome {
    match result {
        Ok(response) => Outcome::Response {
            status: response.status().as_u16(),
            headers: pairs(response.headers()),
            body: response.into_body().map(|body| Body(body.into())),
            trailers: Vec::new(),
        },
        Err(error) => Outcome::Error {
            kind: kind(error.kind()).into(),
            message: error.to_string(),
            method: Some(error.method().to_string()),
            url: Some(error.uri().to_string()),
            #[cfg(feature = "wasi-http")]
            cause: error.cause_code().map(str::to_owned),
            #[cfg(not(feature = "wasi-http"))]
            cause: None,
        },
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let fields = headers.iter();
    fields
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

/// The text of a header value. The bytes of one that is not UTF-8 are read as ISO-8859-1.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    }
}

/// The outcome of a request that the types of the `http` crate refuse before the SDK sees it.
fn refused(error: &http::Error, (method, url): (String, String)) -> Outcome {
    Outcome::Error {
        kind: kind_of_refusal(error).into(),
        message: error.to_string(),
        method: Some(method),
        url: Some(url),
        cause: None,
    }
}

fn kind_of_refusal(error: &http::Error) -> &'static str {
    if error.is::<http::method::InvalidMethod>() {
        "unsupported-method"
    } else if error.is::<http::uri::InvalidUri>() || error.is::<http::uri::InvalidUriParts>() {
        "invalid-url"
    } else {
        "invalid-header"
    }
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::DestinationNotAllowed => "destination-not-allowed",
        ErrorKind::InvalidUrl => "invalid-url",
        ErrorKind::RequestError => "request-error",
        ErrorKind::RuntimeError => "runtime-error",
        ErrorKind::TooManyRequests => "too-many-requests",
        ErrorKind::UnsupportedMethod => "unsupported-method",
        ErrorKind::InvalidHeader => "invalid-header",
        ErrorKind::InvalidBody => "invalid-body",
        ErrorKind::NoHost => "no-host",
        ErrorKind::InvalidResponse => "invalid-response",
        _ => "unknown-kind",
    }
}
