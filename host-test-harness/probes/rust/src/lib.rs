//! The Rust probe: makes described requests through `spin_sdk`, as an app would.

use protocol::{Body, Description, Outcome};
use spin_sdk::http::{Method, Request, Response, StatusCode};
use spin_sdk::{ErrorKind, http_component, outbound_http};

#[http_component]
fn handle(request: Request) -> anyhow::Result<Response> {
    let outcomes = protocol::answer(request.body().as_deref().unwrap_or_default(), send)?;
    let mut response = Response::new(Some(outcomes.into()));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

fn send(description: Description) -> Outcome {
    match request(description).map(outbound_http::send_request) {
        Ok(Ok(response)) => Outcome::Response {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            body: response.into_body().map(|body| Body(body.into())),
        },
        Ok(Err(error)) => Outcome::Error {
            kind: kind(error.kind()).into(),
            message: error.to_string(),
        },
        Err(error) => Outcome::Error {
            kind: "not-a-request".into(),
            message: error.to_string(),
        },
    }
}

fn request(description: Description) -> Result<Request, spin_sdk::http::Error> {
    let method = Method::from_bytes(description.method.as_bytes())?;
    let mut builder = Request::builder().method(method).uri(description.uri);
    for (name, value) in description.headers {
        builder = builder.header(name, value);
    }
    builder.body(description.body.map(|body| body.0.into()))
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
        _ => "a kind that the probe does not know",
    }
}
