//! Bodies and their framing, of requests and of responses.

use test_support::guests::{ProbeRequest, send, wire_probe};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn a_missing_and_an_empty_body_are_framed_as_the_method_requires() {
    let rows = [
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
    ];
    check_rows(rows, |(method, body, content_length)| {
        let upstream = Upstream::start([ScriptedResponse::raw("HTTP/1.1 204 No Content\r\n\r\n")]);
        let mut ask = ProbeRequest::new(method, upstream.url("/"));
        if let Some(body) = body {
            ask = ask.body(body);
        }
        let got = send(&wire_probe(&[&upstream.authority()]), ask);
        assert_eq!(got.status(), 204);
        let seen = upstream.next();
        assert_eq!(seen.request_line(), format!("{method} / HTTP/1.1"));
        assert_eq!(&seen.values("content-length"), content_length);
        assert_eq!(seen.values("transfer-encoding"), [""; 0]);
        assert_eq!(seen.body, body.unwrap_or_default().as_bytes());
    });
}

#[test]
fn a_correct_content_length_is_sent_once_and_a_wrong_one_is_a_request_error() {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let guest = wire_probe(&[&upstream.authority()]);
    let ask = |values: &[&str]| {
        let headers: Vec<(&str, &str)> = values
            .iter()
            .map(|value| ("content-length", *value))
            .collect();
        send(
            &guest,
            ProbeRequest::new("POST", upstream.url("/"))
                .headers(&headers)
                .body("abc"),
        )
    };
    check_rows([&["3"][..], &["3", "3"]], |values| {
        assert_eq!(ask(values).status(), 200);
        assert_eq!(upstream.next().values("content-length"), ["3"]);
    });
    let rows = [
        &["10"][..],
        &["2"],
        &["+3"],
        &["3, 3"],
        &[""],
        &["3", "4"],
        &["-1"],
        &["99999999999999999999"],
    ];
    check_rows(rows, |values| {
        assert_eq!(ask(values).error(), "request-error");
    });
    assert_eq!(upstream.rest(), []);
}

#[test]
fn bodies_of_any_size_and_content_arrive_complete_in_both_directions() {
    check_rows([1, 65_535, 65_536, 65_537, 4 << 20], |&n_bytes| {
        let body: Vec<u8> = (0..n_bytes)
            .map(|index| u8::try_from(index % 251).unwrap())
            .collect();
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n\r\n").into_bytes();
        answer.extend_from_slice(&body);
        let upstream = Upstream::start([ScriptedResponse::Bytes(answer)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::new("POST", upstream.url("/")).body(&body),
        );
        assert!(got.body() == body, "the response body");
        assert!(upstream.next().body == body, "the request body");
    });
}

#[test]
fn a_response_body_is_read_according_to_its_framing() {
    let rows = [
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
    ];
    check_rows(rows, |(answer, body)| {
        let upstream = Upstream::start([ScriptedResponse::raw(answer)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url("/")),
        );
        assert_eq!(String::from_utf8_lossy(got.body()), *body);
    });
}

#[test]
fn a_head_response_has_its_content_length_and_an_empty_body() {
    let upstream = Upstream::start([ScriptedResponse::raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n",
    )]);
    let got = send(
        &wire_probe(&[&upstream.authority()]),
        ProbeRequest::new("HEAD", upstream.url("/")),
    );
    assert_eq!(got.values("content-length"), ["1234"]);
    assert_eq!(got.body(), b"");
}

#[test]
fn every_status_from_200_to_999_is_a_response() {
    let statuses = [200, 201, 299, 300, 304, 399, 404, 418, 500, 599, 600, 999];
    check_rows(statuses, |&status| {
        let upstream = Upstream::start([ScriptedResponse::raw(format!(
            "HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"
        ))]);
        assert_eq!(
            send(
                &wire_probe(&[&upstream.authority()]),
                ProbeRequest::get(upstream.url("/"))
            )
            .status(),
            status
        );
    });
}
