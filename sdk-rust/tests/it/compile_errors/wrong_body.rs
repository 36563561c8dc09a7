use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
fn handle(request: Request) -> Response<usize> {
    Response::new(request.headers().len())
}

fn main() {}
