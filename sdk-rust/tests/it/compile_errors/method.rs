use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

struct Application;

impl Application {
    #[http_component]
    fn handle(&self, request: Request) -> Response {
        Response::new(request.into_body())
    }
}

fn main() {}
