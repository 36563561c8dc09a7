//! Correct and incorrect use of the attribute.

use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
fn echo(request: Request) -> Response {
    Response::new(request.into_body())
}

#[test]
fn handler_can_be_called_as_a_function() {
    let response = echo(Request::new(Some("ping".into())));
    assert_eq!(response.into_body().unwrap(), "ping");
}

#[test]
fn misuse_is_an_error_at_its_span() {
    trybuild::TestCases::new().compile_fail("tests/it/compile_errors/*.rs");
}
