//! Nothing is lost between the guest's header pairs and the wire, and nothing is added.

use test_support::guests::{Ask, send, wire_probe};
use test_support::upstream::{Answer, Upstream};

/// Sends `headers` and returns what the upstream saw.
fn sent(headers: &[(&str, &str)]) -> test_support::upstream::Seen {
    let upstream = Upstream::start([Answer::ok("")]);
    let guest = wire_probe(&[&upstream.authority()]);
    assert_eq!(
        send(&guest, Ask::get(upstream.url("/")).headers(headers)).status(),
        200
    );
    upstream.next()
}

#[test]
fn a_request_without_headers_gains_only_host() {
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
fn text_beyond_ascii_is_sent_as_utf8() {
    assert_eq!(
        sent(&[("x-a", "caf\u{e9} \u{1f980}")]).values("x-a"),
        ["caf\u{e9} \u{1f980}"]
    );
}

#[test]
fn a_host_header_goes_out_as_given_and_policy_judges_the_uri() {
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
fn a_header_that_would_split_the_request_is_a_runtime_error_and_nothing_is_sent() {
    for (name, value) in [
        ("x-a", "1\r\nx-injected: 1"),
        ("x-a", "1\n"),
        ("x-a", "\0"),
        ("x-a\r\nx-injected", "1"),
        ("x a", "1"),
        ("x:a", "1"),
        ("", "1"),
        ("x-\u{e9}", "1"),
    ] {
        let upstream = Upstream::start([Answer::ok("")]);
        let guest = wire_probe(&[&upstream.authority()]);
        let got = send(
            &guest,
            Ask::get(upstream.url("/")).headers(&[(name, value)]),
        );
        assert_eq!(got.error(), "runtime-error", "{name:?}: {value:?}");
        assert_eq!(upstream.rest(), [], "{name:?}: {value:?}");
    }
}

#[test]
fn every_value_of_a_response_arrives_in_order_whatever_its_bytes() {
    let upstream = Upstream::start([Answer::raw(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Utf8: caf\xc3\xa9\r\nset-cookie: b=2\r\nX-Latin1: caf\xe9\r\n\
          X-Empty:\r\nSET-COOKIE: c=3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        Ask::get(upstream.url("/")),
    );
    assert_eq!(got.values("set-cookie"), ["a=1", "b=2", "c=3"]);
    assert_eq!(got.values("x-utf8"), ["caf\u{e9}"]);
    assert_eq!(got.values("x-latin1"), ["caf\u{e9}"]);
    assert_eq!(got.values("x-empty"), [""]);
}

#[test]
fn content_encoding_passes_through_untouched() {
    let upstream = Upstream::start([Answer::raw(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        Ask::get(upstream.url("/")),
    );
    assert_eq!(got.values("content-encoding"), ["gzip"]);
    assert_eq!(got.body(), b"\x1f\x8b\x08");
}
