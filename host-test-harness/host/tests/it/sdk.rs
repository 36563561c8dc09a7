//! The Rust SDK in a component: the wire rules as an application sees them.

use test_support::guests::{ProbeRequest, rust_probe, send};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn a_request_arrives_as_it_was_built() {
    let upstream = Upstream::start([ScriptedResponse::raw(
        "HTTP/1.1 201 Made\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-empty:\r\ncontent-length: 4\r\n\r\nbody",
    )]);
    let ask = ProbeRequest::new("POST", upstream.url("/a%2Fb/%20?q=%20&q=2#top"))
        .headers(&[("x-a", "1"), ("x-a", "2"), ("x-utf8", "caf\u{e9}")])
        .body("hello");
    let got = send(&rust_probe(&[&upstream.authority()]), ask);
    assert_eq!(got.status(), 201);
    assert_eq!(got.values("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(got.values("x-empty"), [""]);
    assert_eq!(got.body(), b"body");
    let seen = upstream.next();
    assert_eq!(seen.request_line(), "POST /a%2Fb/%20?q=%20&q=2 HTTP/1.1");
    assert_eq!(seen.values("x-a"), ["1", "2"]);
    assert_eq!(seen.values("x-utf8"), ["caf\u{e9}"]);
    assert_eq!(seen.body, b"hello");
}

#[test]
fn a_missing_body_differs_from_an_empty_one() {
    let rows = [
        ("GET", None, vec![]),
        ("GET", Some(""), vec!["0"]),
        ("POST", None, vec!["0"]),
        ("DELETE", None, vec![]),
    ];
    check_rows(rows, |(method, body, content_length)| {
        let upstream = Upstream::start([ScriptedResponse::ok("")]);
        let mut ask = ProbeRequest::new(method, upstream.url("/"));
        if let Some(body) = body {
            ask = ask.body(body);
        }
        send(&rust_probe(&[&upstream.authority()]), ask);
        let seen = upstream.next();
        assert_eq!(&seen.values("content-length"), content_length);
    });
}

#[test]
fn every_failure_has_its_kind_and_a_message_that_names_the_request() {
    let upstream = Upstream::always(ScriptedResponse::raw("not HTTP\r\n\r\n"));
    let authority = upstream.authority();
    let rows = [
        (
            "GET",
            "https://denied.test:8443/x".to_owned(),
            None,
            "destination-not-allowed",
            "denied.test:8443",
        ),
        (
            "GET",
            format!("http://user:secret@{authority}/"),
            None,
            "invalid-url",
            "authorization",
        ),
        (
            "GET",
            "/relative".to_owned(),
            None,
            "destination-not-allowed",
            "self",
        ),
        (
            "GET",
            "ftp://example.test/".to_owned(),
            None,
            "destination-not-allowed",
            "ftp://example.test/",
        ),
        (
            "GET",
            "http://exa%6Dple.test/".to_owned(),
            None,
            "invalid-url",
            "",
        ),
        ("GET", upstream.url("/"), None, "runtime-error", "GET"),
        (
            "TRACE",
            upstream.url("/"),
            None,
            "unsupported-method",
            "TRACE",
        ),
        (
            "CONNECT",
            upstream.url("/"),
            None,
            "unsupported-method",
            "CONNECT",
        ),
        ("get", upstream.url("/"), None, "unsupported-method", "get"),
        (
            "POST",
            upstream.url("/"),
            Some(("content-length", "7")),
            "request-error",
            "POST",
        ),
    ];
    check_rows(rows, |(method, uri, header, kind, message)| {
        let mut ask = ProbeRequest::new(method, uri);
        if let Some(header) = header {
            ask = ask.headers(&[*header]);
        }
        let got = send(&rust_probe(&[&authority]), ask);
        let test_support::guests::ProbeOutcome::Error {
            kind: got_kind,
            message: text,
        } = &got
        else {
            panic!("{got:?}")
        };
        assert_eq!(got_kind, kind, "{text}");
        assert!(
            text.to_lowercase().contains(&message.to_lowercase()),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
    });
}

#[test]
fn a_status_of_600_or_more_is_a_response() {
    let upstream = Upstream::start([ScriptedResponse::raw(
        "HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n",
    )]);
    assert_eq!(
        send(
            &rust_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url("/"))
        )
        .status(),
        999
    );
}
