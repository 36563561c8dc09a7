use spin_sdk::http::Response;
use spin_sdk::http_component;

#[http_component]
fn handle(request: String) -> Response {
    Response::new(Some(request.into()))
}

fn main() {}
