use spin_sdk::http::Request;
use spin_sdk::http_component;

#[http_component]
fn first(_request: Request) -> &'static str {
    "first"
}

#[http_component]
fn second(_request: Request) -> &'static str {
    "second"
}

fn main() {}
