//! Correct and incorrect use of the attribute.

use std::process::Command;

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

/// clippy-driver, with which `cargo xtask test` compiles, prints longer paths of types than rustc does. So the test
/// runs in a process without it.
#[test]
fn misuse_is_an_error_at_its_span() {
    const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";
    if std::env::var_os(WRAPPER).is_none() {
        trybuild::TestCases::new().compile_fail("tests/it/compile_errors/*.rs");
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "http_component::misuse_is_an_error_at_its_span"])
        .env_remove(WRAPPER)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stdout.contains("1 passed"), "{stdout}{stderr}");
}
