//! The benchmark guest with the published crate spin-sdk 7: `/hello` responds at once, `/calls/N` makes N calls to
//! UPSTREAM first, `/relay` sends its body to UPSTREAM and responds with the body of UPSTREAM's response.

use bytes::Bytes;
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{Request, get, post};
use spin_sdk::http_service;

#[http_service]
async fn handle(request: Request) -> anyhow::Result<Bytes> {
    match request.uri().path() {
        "/hello" => Ok("hello".into()),
        "/relay" => {
            let body = request.into_body().bytes().await?;
            let response = post(std::env::var("UPSTREAM")?, body).await?;
            Ok(response.into_body().bytes().await?)
        }
        path => {
            let count = path.strip_prefix("/calls/").unwrap_or_default().parse()?;
            Ok(calls(count).await?.into())
        }
    }
}

/// Reads every response body to its end, and returns the number of bytes.
async fn calls(count: u32) -> anyhow::Result<String> {
    let upstream = std::env::var("UPSTREAM")?;
    let mut n_bytes = 0;
    for _ in 0..count {
        let response = get(&upstream).await?;
        n_bytes += response.into_body().bytes().await?.len();
    }
    Ok(n_bytes.to_string())
}
