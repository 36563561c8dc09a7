use spin_sdk::http::Response;
use spin_sdk::http_component;

#[http_component]
fn handle() -> Response {
    Response::new(None)
}

fn main() {}
