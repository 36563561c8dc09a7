//! Requests the URL in its first argument and prints the response.

use std::error::Error;
use std::io::Write;

use spin_sdk::http;

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: rust-command URL")?;
    let request = http::Request::builder().uri(url).body(None)?;
    let response = spin_sdk::outbound_http::send_request(request)?;

    println!("Status: {}", response.status().as_str());
    if let Some(content_type) = response.headers().get("content-type") {
        println!("Content-Type: {}", content_type.to_str()?);
    }
    let body = response.into_body().unwrap_or_default();
    std::io::stdout().write_all(&body)?;
    Ok(())
}
