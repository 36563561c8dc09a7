//! Calls the other component of the application, and an external service.

use spin_sdk::http::{IntoResponse, Request, StatusCode};
use spin_sdk::outbound_http::send_request;
use spin_sdk::{http_component, variables};

#[http_component]
fn handle(request: Request) -> anyhow::Result<impl IntoResponse> {
    match request.uri().path() {
        "/" => Ok((StatusCode::OK, page()?)),
        "/name" => Ok((StatusCode::OK, "front".to_owned())),
        path => Ok((StatusCode::NOT_FOUND, format!("Nothing is at {path}\n"))),
    }
}

fn page() -> anyhow::Result<String> {
    let greeting = get("http://back.spin.internal/greeting")?;
    let upstream = variables::get("upstream")?;
    let news = get(&format!("{upstream}/get"))?;
    Ok(format!("back says: {greeting}\noutside says: {news}\n"))
}

fn get(url: &str) -> anyhow::Result<String> {
    let response = send_request(Request::get(url).body(None)?)?;
    let body = response.into_body().unwrap_or_default();
    Ok(String::from_utf8_lossy(&body).trim_end().to_owned())
}
