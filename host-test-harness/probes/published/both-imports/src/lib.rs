//! An app that uses the published crate spin-sdk 5 and this project's crate: it calls each URL in the request body with
//! both, and responds with one line for each call.

use spin_sdk::http::{Request, Response, SendError};
use spin_sdk::http_component;

#[http_component]
async fn handle(request: Request) -> Response {
    let urls = String::from_utf8_lossy(request.body());
    let mut lines = String::new();
    for url in urls.lines() {
        lines += &format!("fermyon:spin {}\n", send_with_fermyon_spin(url));
        lines += &format!("wasi:http {}\n", send_with_wasi_http(url).await);
    }
    Response::new(200, lines)
}

fn send_with_fermyon_spin(url: &str) -> String {
    let request = ours::http::Request::builder().uri(url).body(None);
    match ours::outbound_http::send_request(request.expect("a URL")) {
        Ok(response) => response.status().as_str().to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

async fn send_with_wasi_http(url: &str) -> String {
    let response: Result<Response, SendError> =
        spin_sdk::http::send(Request::get(url).build()).await;
    match response {
        Ok(response) => response.status().to_string(),
        Err(error) => error.to_string(),
    }
}
