use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
fn handle<T>(request: Request<T>) -> Response<T> {
    Response::new(request.into_body())
}

fn main() {}
