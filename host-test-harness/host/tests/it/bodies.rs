//! Bodies and their framing, both ways.

use test_support::guests::{Ask, send, wire_probe};
use test_support::upstream::{Answer, Upstream};

#[test]
fn none_and_empty_are_framed_as_the_method_expects() {
    for (method, body, content_length) in [
        ("GET", None, vec![]),
        ("HEAD", None, vec![]),
        ("DELETE", None, vec![]),
        ("OPTIONS", None, vec![]),
        ("POST", None, vec!["0"]),
        ("PUT", None, vec!["0"]),
        ("PATCH", None, vec!["0"]),
        ("GET", Some(""), vec!["0"]),
        ("DELETE", Some(""), vec!["0"]),
        ("POST", Some(""), vec!["0"]),
        ("GET", Some("abc"), vec!["3"]),
        ("POST", Some("abc"), vec!["3"]),
    ] {
        let upstream = Upstream::start([Answer::raw("HTTP/1.1 204 No Content\r\n\r\n")]);
        let mut ask = Ask::new(method, upstream.url("/"));
        if let Some(body) = body {
            ask = ask.body(body);
        }
        assert_eq!(
            send(&wire_probe(&[&upstream.authority()]), ask).status(),
            204,
            "{method} {body:?}"
        );
        let seen = upstream.next();
        assert_eq!(seen.request_line(), format!("{method} / HTTP/1.1"));
        assert_eq!(
            seen.values("content-length"),
            content_length,
            "{method} {body:?}"
        );
        assert_eq!(
            seen.values("transfer-encoding"),
            [""; 0],
            "{method} {body:?}"
        );
        assert_eq!(
            seen.body,
            body.unwrap_or_default().as_bytes(),
            "{method} {body:?}"
        );
    }
}

#[test]
fn a_content_length_that_agrees_is_sent_once_and_one_that_contradicts_is_a_request_error() {
    let upstream = Upstream::always(Answer::ok(""));
    let guest = wire_probe(&[&upstream.authority()]);
    let ask = |values: &[&str]| {
        let headers: Vec<(&str, &str)> = values
            .iter()
            .map(|value| ("content-length", *value))
            .collect();
        send(
            &guest,
            Ask::new("POST", upstream.url("/"))
                .headers(&headers)
                .body("abc"),
        )
    };
    for values in [&["3"][..], &["3", "3"]] {
        assert_eq!(ask(values).status(), 200, "{values:?}");
        assert_eq!(upstream.next().values("content-length"), ["3"]);
    }
    for values in [
        &["10"][..],
        &["2"],
        &["+3"],
        &["3, 3"],
        &[""],
        &["3", "4"],
        &["-1"],
        &["99999999999999999999"],
    ] {
        assert_eq!(ask(values).error(), "request-error", "{values:?}");
    }
    assert_eq!(upstream.rest(), []);
}

#[test]
fn bodies_of_all_sizes_and_bytes_arrive_whole_both_ways() {
    for n_bytes in [1, 65_535, 65_536, 65_537, 4 << 20] {
        let body: Vec<u8> = (0..n_bytes)
            .map(|index| u8::try_from(index % 251).unwrap())
            .collect();
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n\r\n").into_bytes();
        answer.extend_from_slice(&body);
        let upstream = Upstream::start([Answer::Bytes(answer)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            Ask::new("POST", upstream.url("/")).body(&body),
        );
        assert!(got.body() == body, "{n_bytes} bytes of response");
        assert!(upstream.next().body == body, "{n_bytes} bytes of request");
    }
}

#[test]
fn a_response_body_is_read_by_its_framing() {
    for (answer, body) in [
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-t: 1\r\n\r\n",
            "abcde",
        ),
        (
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end",
            "until the end",
        ),
        ("HTTP/1.0 200 OK\r\n\r\nold", "old"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            "ok",
        ),
    ] {
        let upstream = Upstream::start([Answer::raw(answer)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            Ask::get(upstream.url("/")),
        );
        assert_eq!(String::from_utf8_lossy(got.body()), body, "{answer:?}");
    }
}

#[test]
fn a_head_response_has_its_content_length_and_an_empty_body() {
    let upstream = Upstream::start([Answer::raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        Ask::new("HEAD", upstream.url("/")),
    );
    assert_eq!(got.values("content-length"), ["1234"]);
    assert_eq!(got.body(), b"");
}

#[test]
fn every_status_from_200_to_999_is_a_response() {
    for status in [200, 201, 299, 300, 304, 399, 404, 418, 500, 599, 600, 999] {
        let upstream = Upstream::start([Answer::raw(format!(
            "HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"
        ))]);
        assert_eq!(
            send(
                &wire_probe(&[&upstream.authority()]),
                Ask::get(upstream.url("/"))
            )
            .status(),
            status
        );
    }
}
