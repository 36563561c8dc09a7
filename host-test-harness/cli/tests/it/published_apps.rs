//! Applications of the published Spin SDKs, served by `spin-harness up`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use test_support::published::{GRPC, Published, SPIN_SDK_5};
use test_support::upstream::{ScriptedResponse, Upstream};

use crate::support::spin_harness;
use crate::support::up::up;

test_support::for_each_sdk! {
    an_unmodified_spin_app_is_served_and_its_bodies_are_streamed
    the_limit_on_request_bodies_applies_to_streamed_bodies
}

#[test]
fn a_response_whose_body_the_guest_never_takes_is_empty() {
    let published = &SPIN_SDK_5;
    published.path();
    let mut up = up(&published.folder(), 1, &["--variable", "upstream_port=1"]);
    let got = up.get("/untaken");
    assert!(got.contains("\r\ncontent-length: 0\r\n"), "{got}");
    up.line(&["INFO", " inbound ", "/untaken", "status=200"]);
}

/// The service is tonic's as well: its requests and trailers cross the server of `up` over HTTP/2.
#[test]
fn an_unmodified_grpc_client_calls_a_grpc_service() {
    let component = GRPC.path();
    let mut up = up(&GRPC.folder(), 1, &[]);
    let origin = format!("http://{}", up.address);
    let rows = [
        (
            "double",
            "42\nInvalidArgument: negative: 100 %\n\nOutOfRange: too large",
            3,
        ),
        ("count", "1\n2\n3\nResourceExhausted: no more numbers", 1),
    ];
    for (path, want, n_calls) in rows {
        let output = spin_harness()
            .arg("request")
            .arg(&component)
            .args(["--allow-http-host", &up.address, "--h2c", &origin])
            .arg(format!("/{path}?{origin}"))
            .output()
            .unwrap();
        let got = String::from_utf8_lossy(&output.stdout);
        assert!(got.ends_with(want), "{path}: {output:?}");
        for _ in 0..n_calls {
            up.line(&["INFO", " inbound ", "version=HTTP/2.0", "status=200"]);
        }
    }
}

fn an_unmodified_spin_app_is_served_and_its_bodies_are_streamed(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::ok("from upstream"));
    published.path();
    let port = upstream
        .authority()
        .split(':')
        .next_back()
        .unwrap()
        .to_owned();
    let mut up = up(
        &published.folder(),
        1,
        &["--variable", &format!("upstream_port={port}")],
    );
    let got = up.get(&format!("/proxy?{}", upstream.url("/a?b=1")));
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.contains("from upstream"), "{got}");
    // The two lines come in either order: the inbound response may be complete before the guest has read the
    // end of the outbound one.
    let outbound = [
        "INFO",
        " outbound ",
        "status=200",
        " body_bytes=13",
        "/a?b=1",
    ];
    let inbound = ["INFO", " inbound ", "status=200", "response_body_bytes=13"];
    up.lines(vec![&outbound, &inbound]);

    // The first piece of the response arrives before the last piece of the request is sent.
    let mut stream = TcpStream::connect(&up.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = "POST /echo HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    for piece in ["first", "other"] {
        write!(stream, "5\r\n{piece}\r\n").unwrap();
        let mut seen = String::new();
        while !seen.contains(&format!("5\r\n{piece}\r\n")) {
            let mut bytes = [0; 1024];
            let n_bytes = stream.read(&mut bytes).unwrap();
            assert!(n_bytes > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..n_bytes]));
        }
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    up.line(&[
        "INFO",
        "inbound",
        "/echo",
        "request_body_bytes=10",
        "response_body_bytes=10",
    ]);

    // If a guest fails after the response headers, the body has no last chunk.
    let got = up.get("/late?panic");
    assert!(!got.contains("\r\n0\r\n\r\n"), "{got}");
    up.line(&["ERROR", "/late?panic", "guest `published` aborted"]);

    // If it fails after the last byte, the client has the whole response, and the failure is logged.
    for _ in 0..3 {
        assert!(up.get("/after?panic").starts_with("HTTP/1.1 200 OK\r\n"));
        let failed = ["ERROR", "after its response, guest `published` aborted"];
        let inbound = ["INFO", " inbound ", "/after?panic", "status=200"];
        up.lines(vec![&failed, &inbound]);
    }
    assert!(up.get("/hello").starts_with("HTTP/1.1 200 OK"));
}

fn the_limit_on_request_bodies_applies_to_streamed_bodies(published: &Published) {
    published.path();
    let arguments = [
        "--variable",
        "upstream_port=1",
        "--max-request-body",
        "1000B",
    ];
    let mut up = up(&published.folder(), 1, &arguments);
    let post = |framing: &str, body: &str| {
        let mut stream = TcpStream::connect(&up.address).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let head = format!(
            "POST /echo HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n{framing}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut response = Vec::new();
        // The server may reset the connection after its response, since it has not read the whole body.
        drop(stream.read_to_end(&mut response));
        String::from_utf8_lossy(&response).into_owned()
    };
    let allowed = "x".repeat(1000);
    let got = post("content-length: 1000", &allowed);
    assert!(
        got.starts_with("HTTP/1.1 200 OK\r\n") && got.contains(&allowed),
        "{got}"
    );
    let got = post("content-length: 1001", &format!("{allowed}x"));
    assert!(got.starts_with("HTTP/1.1 413 "), "{got}");
    let got = post(
        "transfer-encoding: chunked",
        &format!("3e9\r\n{allowed}x\r\n0\r\n\r\n"),
    );
    assert!(!got.ends_with("\r\n0\r\n\r\n"), "{got}");
    up.line(&["ERROR", "/echo", "guest `published`"]);
}
