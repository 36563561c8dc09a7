//! Native tests: `cargo test`.

use spin_sdk::ErrorKind;
use spin_sdk::http::{Request, Response};
use spin_sdk::testing::{Mock, TestHost, body, header, matching, method, url};

fn handle(request: Request) -> anyhow::Result<Response> {
    super::proxy(request, "https://api.test")
}

fn inbound(path: &str) -> Request<&'static str> {
    Request::post(path)
        .header("host", "client.test")
        .header("content-length", "4")
        .header("spin-client-addr", "127.0.0.1:1")
        .header("x-a", "1")
        .header("x-a", "2")
        .body("ping")
        .unwrap()
}

#[test]
fn every_way_leaves_the_clients_connection_behind() {
    for (way, host_field) in [
        ("as-is", None),
        ("copy", None),
        ("host", Some("another.test")),
    ] {
        let host = TestHost::start();
        Mock::given(method("POST"))
            .and(url("https://api.test/v1?q=1"))
            .and(body("ping"))
            .and(header("x-a", "2"))
            .and(matching(
                "names the right host and nothing of Spin",
                move |request| {
                    let host = request
                        .headers()
                        .get("host")
                        .map(|value| value.to_str().unwrap());
                    host == host_field && !request.headers().contains_key("spin-client-addr")
                },
            ))
            .respond_with("pong")
            .mount(&host);
        let response = host
            .handle(handle, inbound(&format!("/{way}/v1?q=1")))
            .into_body();
        assert_eq!(response.unwrap(), "pong", "{way}");
    }
}

#[test]
fn changed_body_has_its_own_length_and_a_compressed_one_stays() {
    for (coding, want) in [(None, "STRASSE"), (Some("gzip"), "straße")] {
        let host = TestHost::start();
        let mut upstream = Response::builder().header("content-length", "straße".len());
        if let Some(coding) = coding {
            upstream = upstream.header("content-encoding", coding);
        }
        Mock::given(method("POST"))
            .respond_with(upstream.body("straße").unwrap())
            .mount(&host);
        let response = host.handle(handle, inbound("/upper/"));
        assert_eq!(
            response.headers()["content-length"],
            want.len().to_string().as_str()
        );
        assert_eq!(response.into_body().unwrap(), want);
    }
}

#[test]
fn response_without_a_body_keeps_the_length_that_a_get_would_have() {
    for (way, request_method, status) in [
        ("as-is", "HEAD", 200),
        ("upper", "HEAD", 200),
        ("copy", "GET", 304),
    ] {
        let host = TestHost::start();
        let upstream = Response::builder()
            .status(status)
            .header("content-length", "99");
        Mock::given(method(request_method))
            .respond_with(upstream.body(()).unwrap())
            .mount(&host);
        let request = Request::builder()
            .method(request_method)
            .uri(format!("/{way}/"));
        let response = host.handle(handle, request.body(()).unwrap());
        assert_eq!(response.status(), status, "{way}");
        assert_eq!(response.headers()["content-length"], "99", "{way}");
    }
}

#[test]
fn upstream_that_does_not_respond_is_a_502() {
    let host = TestHost::start();
    Mock::given(method("POST"))
        .respond_with(ErrorKind::RuntimeError)
        .mount(&host);
    assert_eq!(host.handle(handle, inbound("/as-is/")).status(), 502);
    assert_eq!(host.handle(handle, inbound("/other/")).status(), 404);
}
