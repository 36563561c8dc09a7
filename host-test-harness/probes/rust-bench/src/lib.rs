//! The benchmark guest: `/hello` responds at once, `/calls/N` makes N calls to UPSTREAM first, `/relay` sends its
//! body to UPSTREAM and responds with the body of UPSTREAM's response.

use spin_sdk::http::{Body, Request, Response};
use spin_sdk::{http_component, outbound_http};

#[http_component]
fn handle(request: Request<Body>) -> anyhow::Result<Response<Body>> {
    match request.uri().path() {
        "/hello" => Ok(Response::new("hello".into())),
        "/relay" => {
            let request = Request::post(std::env::var("UPSTREAM")?).body(request.into_body())?;
            Ok(Response::new(
                outbound_http::send_streaming(request)?.into_body(),
            ))
        }
        path => {
            let count = path.strip_prefix("/calls/").unwrap_or_default().parse()?;
            Ok(Response::new(calls(count)?.into()))
        }
    }
}

/// Reads every response body to its end, and returns the number of bytes.
fn calls(count: u32) -> anyhow::Result<String> {
    let upstream = std::env::var("UPSTREAM")?;
    let mut n_bytes = 0;
    for _ in 0..count {
        let response: Response = outbound_http::send_request(Request::get(&upstream).body(None)?)?;
        n_bytes += response.body().as_ref().map_or(0, |body| body.len());
    }
    Ok(n_bytes.to_string())
}
