use std::error::Error;

use spin_sdk::http::Request;
use spin_sdk::http_component;

#[http_component]
fn handle(_request: Request) -> Result<&'static str, Box<dyn Error>> {
    Ok("fine")
}

fn main() {}
