//! The benchmark guest with the published crate spin-sdk 5: `/hello` responds at once, `/calls/N` makes N calls to
//! UPSTREAM first, `/relay` sends its body to UPSTREAM and responds with the body of UPSTREAM's response.

use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
async fn handle(request: Request) -> anyhow::Result<Response> {
    match request.path() {
        "/hello" => Ok(Response::new(200, "hello")),
        "/relay" => {
            let upstream = std::env::var("UPSTREAM")?;
            let request = Request::post(upstream, request.into_body()).build();
            let response: Response = spin_sdk::http::send(request).await?;
            Ok(Response::new(200, response.into_body()))
        }
        path => {
            let count = path.strip_prefix("/calls/").unwrap_or_default().parse()?;
            Ok(Response::new(200, calls(count).await?))
        }
    }
}

/// Reads every response body to its end, and returns the number of bytes.
async fn calls(count: u32) -> anyhow::Result<String> {
    let upstream = std::env::var("UPSTREAM")?;
    let mut n_bytes = 0;
    for _ in 0..count {
        let response: Response = spin_sdk::http::send(Request::get(&upstream)).await?;
        n_bytes += response.body().len();
    }
    Ok(n_bytes.to_string())
}
