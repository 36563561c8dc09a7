//! Outbound HTTP, one feature per path. The README lists the paths.

use anyhow::bail;
use serde::Serialize;
use spin_sdk::http::{IntoResponse, Request, Response, StatusCode};
use spin_sdk::json::IntoJson;
use spin_sdk::outbound_http::send_request;
use spin_sdk::{ErrorKind, http_component};

#[derive(Serialize)]
struct Greeting {
    message: &'static str,
}

#[http_component]
fn handle(request: Request) -> anyhow::Result<impl IntoResponse> {
    let text = match request.uri().path() {
        "/" | "/get" => get()?,
        "/post" => post()?,
        "/denied" => denied()?,
        "/self" => call_self()?,
        "/hello" => "Hello from this component\n".to_owned(),
        path => return Ok((StatusCode::NOT_FOUND, format!("Nothing is at {path}\n"))),
    };
    print!("{text}");
    Ok((StatusCode::OK, text))
}

/// A request without a body; the response has a status and headers.
fn get() -> anyhow::Result<String> {
    let url = format!("{}/get", upstream()?);
    let response = send_request(Request::get(&url).body(None)?)?;
    let content_type = match response.headers().get("content-type") {
        Some(value) => value.to_str()?,
        None => "none",
    };
    Ok(format!(
        "GET {url}\nStatus: {}\nContent-Type: {content_type}\n",
        response.status().as_str()
    ))
}

/// A request whose body is JSON.
fn post() -> anyhow::Result<String> {
    let url = format!("{}/post", upstream()?);
    let greeting = Greeting {
        message: "Hello from a component",
    };
    let response = send_request(Request::post(&url).body(greeting)?.into_json()?)?;
    Ok(format!(
        "POST {url}\nStatus: {}\nBody: {}\n",
        response.status().as_str(),
        text(&response)?
    ))
}

/// A call that the manifest does not permit.
fn denied() -> anyhow::Result<String> {
    match send_request(Request::get("https://denied.test/").body(None)?) {
        Ok(_) => Ok("Not denied\n".to_owned()),
        Err(error) if error.kind() == ErrorKind::DestinationNotAllowed => {
            Ok(format!("Denied: {error}\n"))
        }
        Err(error) => Err(error.into()),
    }
}

/// A call to another path of this application.
fn call_self() -> anyhow::Result<String> {
    let response = send_request(Request::get("/hello").body(None)?)?;
    Ok(format!(
        "GET /hello\nStatus: {}\nBody: {}\n",
        response.status().as_str(),
        text(&response)?
    ))
}

/// The base URL that the manifest sets.
fn upstream() -> anyhow::Result<String> {
    let Ok(url) = std::env::var("UPSTREAM") else {
        bail!("set the environment variable UPSTREAM to a base URL");
    };
    Ok(url)
}

fn text(response: &Response) -> anyhow::Result<&str> {
    let body = response.body().as_deref().unwrap_or_default();
    Ok(std::str::from_utf8(body)?.trim_end())
}
