use spin_sdk::http::Request;
use spin_sdk::http_component;

#[http_component]
fn handle(request: Request) -> usize {
    request.headers().len()
}

fn main() {}
