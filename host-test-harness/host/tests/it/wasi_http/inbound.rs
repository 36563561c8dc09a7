//! What a guest of `wasi:http` answers, whole in memory.

use bytes::Bytes;
use http::{Method, Request};
use spin_harness::{Output, OutputBuffer};

use test_support::guests::{get, handle};
use test_support::published::Published;

test_support::for_each_sdk! {
    the_guest_sees_the_request_and_its_response_is_kept
    large_bodies_pass_both_ways
    a_response_without_a_body_has_none
    what_the_guest_does_after_its_response_is_waited_for
}

fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request
}

fn the_guest_sees_the_request_and_its_response_is_kept(published: &Published) {
    let mut hello = request(Method::GET, "/hello?q=%20", "");
    hello.headers_mut().append("x-a", "1".parse().unwrap());
    hello.headers_mut().append("x-a", "2".parse().unwrap());
    let response = handle(&published.guest(&[]), hello).unwrap();
    assert_eq!(
        response.body(),
        "Method::Get Some(Scheme::Http) Some(\"localhost\") Some(\"/hello?q=%20\") x-a=1 x-a=2"
    );
    let response = get(&published.guest(&[]), "/cookies").unwrap();
    assert_eq!(response.status(), 201);
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

fn large_bodies_pass_both_ways(published: &Published) {
    let body = vec![7; 5 << 20];
    let response = handle(
        &published.guest(&[]),
        request(Method::POST, "/echo", body.clone()),
    )
    .unwrap();
    assert!(*response.body() == body);
    let response = get(&published.guest(&[]), "/chunks?80").unwrap();
    assert_eq!(response.body().len(), 80 * (64 << 10));
    let response = handle(
        &published.guest(&[]),
        request(Method::POST, "/ignore", body),
    )
    .unwrap();
    assert_eq!(response.body(), "read nothing");
}

fn a_response_without_a_body_has_none(published: &Published) {
    let response = handle(
        &published.guest(&[]),
        request(Method::HEAD, "/chunks?2", ""),
    )
    .unwrap();
    assert_eq!(response.headers()["content-length"], "131072");
    assert!(response.body().is_empty());
    let response = get(&published.guest(&[]), "/status?204").unwrap();
    assert_eq!(
        (response.status().as_u16(), response.body().len()),
        (204, 0)
    );
}

fn what_the_guest_does_after_its_response_is_waited_for(published: &Published) {
    let stdout = OutputBuffer::new(100);
    let guest = published.guest(&[]).stdout(Output::Buffer(stdout.clone()));
    let response = get(&guest, "/late").unwrap();
    assert_eq!(response.body(), "the beginning");
    assert_eq!(stdout.text(), "afterwards\n");
}
