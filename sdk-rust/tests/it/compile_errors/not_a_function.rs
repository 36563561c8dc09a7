use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
struct Handler(fn(Request) -> Response);

fn main() {}
