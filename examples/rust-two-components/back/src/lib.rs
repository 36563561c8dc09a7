//! Responds to the other component. Its route is private, so only the application can call it.

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_component;
use spin_sdk::outbound_http::send_request;

#[http_component]
fn handle(_request: Request) -> anyhow::Result<impl IntoResponse> {
    // A path of the own application; the route table routes it to `front`.
    let response = send_request(Request::get("/name").body(None)?)?;
    let name = response.into_body().unwrap_or_default();
    Ok(format!("Hello, {}", String::from_utf8_lossy(&name)))
}
