//! What a guest of `wasi:http` answers, whole in memory.

use std::time::Duration;

use bytes::Bytes;
use host_test_harness::{ErrorKind, Limits, Output, OutputBuffer};
use http::{Method, Request};

use crate::guests::{builder, get, handle};
use crate::stock::{SPIN_SDK_5, Stock};

for_each_sdk! {
    the_guest_sees_the_request_and_its_response_is_kept
    large_bodies_pass_both_ways
    a_response_without_a_body_has_none
    a_guest_without_a_response_is_an_error_that_says_why
    what_the_guest_does_after_its_response_is_waited_for
}

fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request
}

fn the_guest_sees_the_request_and_its_response_is_kept(stock: &Stock) {
    let mut hello = request(Method::GET, "/hello?q=%20", "");
    hello.headers_mut().append("x-a", "1".parse().unwrap());
    hello.headers_mut().append("x-a", "2".parse().unwrap());
    let response = handle(&stock.guest(&[]), hello).unwrap();
    assert_eq!(
        response.body(),
        "Method::Get Some(Scheme::Http) Some(\"localhost\") Some(\"/hello?q=%20\") x-a=1 x-a=2"
    );
    let response = get(&stock.guest(&[]), "/cookies").unwrap();
    assert_eq!(response.status(), 201);
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

fn large_bodies_pass_both_ways(stock: &Stock) {
    let body = vec![7; 5 << 20];
    let response = handle(
        &stock.guest(&[]),
        request(Method::POST, "/echo", body.clone()),
    )
    .unwrap();
    assert!(*response.body() == body);
    let response = get(&stock.guest(&[]), "/chunks?80").unwrap();
    assert_eq!(response.body().len(), 80 * (64 << 10));
    let response = handle(&stock.guest(&[]), request(Method::POST, "/ignore", body)).unwrap();
    assert_eq!(response.body(), "read nothing");
}

fn a_response_without_a_body_has_none(stock: &Stock) {
    let response = handle(&stock.guest(&[]), request(Method::HEAD, "/chunks?2", "")).unwrap();
    assert_eq!(response.headers()["content-length"], "131072");
    assert!(response.body().is_empty());
    let response = get(&stock.guest(&[]), "/status?204").unwrap();
    assert_eq!(
        (response.status().as_u16(), response.body().len()),
        (204, 0)
    );
}

fn a_guest_without_a_response_is_an_error_that_says_why(stock: &Stock) {
    let quick = Limits {
        wall_time: Duration::from_secs(3),
        response_body_bytes: 100_000,
        ..Limits::default()
    };
    let guest = stock.guest_in(builder(quick), &[]);
    for (path, kind, message) in [
        ("/panic", ErrorKind::Trap, "it aborted"),
        (
            "/error",
            ErrorKind::InvalidResponse,
            "on purpose) instead of a response",
        ),
        ("/status?103", ErrorKind::InvalidResponse, "status 103"),
        (
            "/short",
            ErrorKind::InvalidResponse,
            "not as many bytes as its `content-length` says",
        ),
        ("/late?panic", ErrorKind::Trap, "it aborted"),
        ("/late?loop", ErrorKind::WallTimeReached, "3s on wall time"),
        (
            "/chunks?2",
            ErrorKind::LimitReached,
            "the limit of 100000 bytes in a response's body",
        ),
    ] {
        let error = get(&guest, path).unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(error.to_string().contains(message), "{path}: {error}");
        assert!(
            error.to_string().starts_with("guest `stock`: "),
            "{path}: {error}"
        );
        assert_eq!(
            get(&guest, "/hello").unwrap().status(),
            200,
            "the harness goes on after {path}"
        );
    }
}

/// In 0.3 a response is what the guest's function returns.
#[test]
fn a_guest_of_0_2_may_end_without_a_response() {
    let error = get(&SPIN_SDK_5.guest(&[]), "/none").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    assert!(
        error.to_string().contains("it ended without a response"),
        "{error}"
    );
}

fn what_the_guest_does_after_its_response_is_waited_for(stock: &Stock) {
    let stdout = OutputBuffer::new(100);
    let guest = stock.guest(&[]).stdout(Output::Buffer(stdout.clone()));
    let response = get(&guest, "/late").unwrap();
    assert_eq!(response.body(), "the beginning");
    assert_eq!(stdout.text(), "afterwards\n");
}
