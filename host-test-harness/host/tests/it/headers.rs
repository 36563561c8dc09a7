//! No header is lost between the guest and the wire, and none is added.

use test_support::guests::{ProbeRequest, send, wire_probe};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

/// Sends `headers`, and returns the request as the upstream received it.
fn sent(headers: &[(&str, &str)]) -> test_support::upstream::ReceivedRequest {
    let upstream = Upstream::start([ScriptedResponse::ok("")]);
    let guest = wire_probe(&[&upstream.authority()]);
    assert_eq!(
        send(
            &guest,
            ProbeRequest::get(upstream.url("/")).headers(headers)
        )
        .status(),
        200
    );
    upstream.next()
}

#[test]
fn only_host_is_added_to_a_request_without_headers() {
    let seen = sent(&[]);
    let host = seen.values("host")[0].to_owned();
    assert_eq!(seen.head, format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n"));
}

#[test]
fn every_value_of_a_repeated_name_is_sent_in_order() {
    let seen = sent(&[
        ("x-a", "1"),
        ("x-b", "between"),
        ("X-A", "2"),
        ("x-a", ""),
        ("x-a", "  inner  blanks  kept"),
    ]);
    assert_eq!(seen.values("x-a"), ["1", "2", "", "  inner  blanks  kept"]);
    assert_eq!(seen.values("x-b"), ["between"]);
}

#[test]
fn a_value_beyond_ascii_is_sent_as_utf8() {
    assert_eq!(
        sent(&[("x-a", "caf\u{e9} \u{1f980}")]).values("x-a"),
        ["caf\u{e9} \u{1f980}"]
    );
}

#[test]
fn a_host_header_is_sent_as_given_and_policy_evaluates_the_uri() {
    assert_eq!(
        sent(&[("host", "other.test")]).values("host"),
        ["other.test"]
    );
}

#[test]
fn hop_by_hop_fields_are_never_sent() {
    let seen = sent(&[
        ("connection", "x-secret, close"),
        ("x-secret", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("x-kept", "1"),
    ]);
    let names: Vec<&str> = seen
        .head
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_once(": ")?.0))
        .collect();
    assert_eq!(names, ["x-kept", "host"], "{}", seen.head);
}

#[test]
fn an_invalid_header_is_a_runtime_error_and_nothing_is_sent() {
    let rows = [
        ("x-a", "1\r\nx-injected: 1"),
        ("x-a", "1\n"),
        ("x-a", "\0"),
        ("x-a\r\nx-injected", "1"),
        ("x a", "1"),
        ("x:a", "1"),
        ("", "1"),
        ("x-\u{e9}", "1"),
    ];
    check_rows(rows, |&(name, value)| {
        let upstream = Upstream::start([ScriptedResponse::ok("")]);
        let guest = wire_probe(&[&upstream.authority()]);
        let got = send(
            &guest,
            ProbeRequest::get(upstream.url("/")).headers(&[(name, value)]),
        );
        assert_eq!(got.error(), "runtime-error");
        assert_eq!(upstream.rest(), []);
    });
}

#[test]
fn every_value_of_a_response_header_arrives_in_order_whatever_its_bytes() {
    let upstream = Upstream::start([ScriptedResponse::raw(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Utf8: caf\xc3\xa9\r\nset-cookie: b=2\r\nX-Latin1: caf\xe9\r\n\
          X-Empty:\r\nSET-COOKIE: c=3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        ProbeRequest::get(upstream.url("/")),
    );
    assert_eq!(got.values("set-cookie"), ["a=1", "b=2", "c=3"]);
    assert_eq!(got.values("x-utf8"), ["caf\u{e9}"]);
    assert_eq!(got.values("x-latin1"), ["caf\u{e9}"]);
    assert_eq!(got.values("x-empty"), [""]);
}

#[test]
fn a_content_encoding_is_not_decoded() {
    let upstream = Upstream::start([ScriptedResponse::raw(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        ProbeRequest::get(upstream.url("/")),
    );
    assert_eq!(got.values("content-encoding"), ["gzip"]);
    assert_eq!(got.body(), b"\x1f\x8b\x08");
}
