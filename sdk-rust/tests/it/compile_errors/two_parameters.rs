use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
fn handle(request: Request, attempt: u32) -> Response {
    println!("attempt {attempt}");
    Response::new(request.into_body())
}

fn main() {}
