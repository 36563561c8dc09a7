//! The attribute, applied rightly and wrongly.

use spin_sdk::http::{Request, Response};
use spin_sdk::http_component;

#[http_component]
fn echo(request: Request) -> Response {
    Response::new(request.into_body())
}

#[test]
fn handler_stays_a_function_that_can_be_called() {
    let response = echo(Request::new(Some("ping".into())));
    assert_eq!(response.into_body().unwrap(), "ping");
}

#[test]
fn misuse_is_an_error_where_it_stands() {
    trybuild::TestCases::new().compile_fail("tests/it/compile_errors/*.rs");
}
