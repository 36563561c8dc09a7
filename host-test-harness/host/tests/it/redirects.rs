//! Redirects: the host follows them, evaluates each hop, and sends no credentials to another origin.

use spin_harness::{Limits, Outcome};

use test_support::guests::{
    ProbeRequest, builder, observed_wire_probe, send, wire_probe, wire_probe_in,
};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn method_and_body_follow_the_rules_of_each_status() {
    /// The first request, and what is left of it after the redirect.
    #[derive(Debug)]
    struct Row {
        status: u16,
        request: (&'static str, Option<&'static str>),
        next_method: &'static str,
        next_body: &'static str,
        next_content_type: &'static [&'static str],
        next_content_length: &'static [&'static str],
    }
    let to_get = |status, method| Row {
        status,
        request: (method, Some("abc")),
        next_method: "GET",
        next_body: "",
        next_content_type: &[],
        next_content_length: &[],
    };
    let unchanged = |status, method| Row {
        status,
        request: (method, Some("abc")),
        next_method: method,
        next_body: "abc",
        next_content_type: &["text/plain"],
        next_content_length: &["3"],
    };
    let head = Row {
        status: 303,
        request: ("HEAD", None),
        next_method: "HEAD",
        next_body: "",
        next_content_type: &["text/plain"],
        next_content_length: &[],
    };
    let rows = [
        to_get(301, "POST"),
        to_get(302, "POST"),
        to_get(303, "POST"),
        to_get(303, "PUT"),
        head,
        unchanged(301, "PUT"),
        unchanged(302, "DELETE"),
        unchanged(307, "POST"),
        unchanged(308, "PATCH"),
    ];
    check_rows(rows, |row| {
        let (method, body) = row.request;
        let upstream = Upstream::start([
            ScriptedResponse::redirect(row.status, "/next?q=%20#x"),
            ScriptedResponse::raw("HTTP/1.1 204 X\r\n\r\n"),
        ]);
        let mut ask = ProbeRequest::new(method, upstream.url("/"))
            .headers(&[("content-type", "text/plain"), ("x-a", "1")]);
        if let Some(body) = body {
            ask = ask.body(body);
        }
        let got = send(&wire_probe(&[&upstream.authority()]), ask);
        assert_eq!(got.status(), 204);
        upstream.next();
        let seen = upstream.next();
        assert_eq!(
            seen.request_line(),
            format!("{} /next?q=%20 HTTP/1.1", row.next_method)
        );
        assert_eq!(seen.body, row.next_body.as_bytes());
        assert_eq!(seen.values("x-a"), ["1"]);
        assert_eq!(seen.values("content-type"), row.next_content_type);
        assert_eq!(seen.values("content-length"), row.next_content_length);
        assert_eq!(seen.values("referer"), [""; 0]);
    });
}

#[test]
fn a_redirect_to_a_denied_destination_is_denied_before_contact() {
    let outside = Upstream::always(ScriptedResponse::ok("secret"));
    let locations = [
        outside.url("/"),
        "ftp://example.test/".to_owned(),
        outside.url("/").replace("http:", ""),
    ];
    check_rows(locations, |location| {
        let upstream = Upstream::start([ScriptedResponse::redirect(302, location)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url("/")),
        );
        assert_eq!(got.error(), "destination-not-allowed");
    });
    assert_eq!(outside.rest(), []);
}

#[test]
fn credentials_are_not_sent_to_another_origin() {
    let other = Upstream::always(ScriptedResponse::ok(""));
    let upstream = Upstream::start([
        ScriptedResponse::redirect(302, "/same"),
        ScriptedResponse::redirect(302, &other.url("/")),
    ]);
    let credentials = [
        ("authorization", "Bearer x"),
        ("cookie", "a=1"),
        ("proxy-authorization", "x"),
        ("host", "named.test"),
        ("x-a", "1"),
    ];
    let guest = wire_probe(&[&upstream.authority(), &other.authority()]);
    assert_eq!(
        send(
            &guest,
            ProbeRequest::get(upstream.url("/")).headers(&credentials)
        )
        .status(),
        200
    );
    upstream.next();
    let same = upstream.next();
    assert_eq!(same.values("authorization"), ["Bearer x"]);
    assert_eq!(same.values("cookie"), ["a=1"]);
    let seen = other.next();
    for name in ["authorization", "cookie", "proxy-authorization"] {
        assert_eq!(seen.values(name), [""; 0], "{name}");
    }
    assert_eq!(seen.values("host"), [other.authority()]);
    assert_eq!(seen.values("x-a"), ["1"]);
}

#[test]
fn a_redirect_loop_stops_at_the_limit_and_the_error_names_it() {
    let upstream = Upstream::always(ScriptedResponse::redirect(302, "/again"));
    let (guest, exchanges) = observed_wire_probe(&[&upstream.authority()]);
    assert_eq!(
        send(&guest, ProbeRequest::get(upstream.url("/"))).error(),
        "runtime-error"
    );
    assert_eq!(upstream.rest().len(), 11, "the request and ten redirects");
    let exchanges = exchanges.lock().unwrap();
    let last = exchanges.last().unwrap();
    assert_eq!(last.hop, 11);
    let Outcome::Failed { cause, .. } = &last.outcome else {
        panic!("{last:?}")
    };
    assert!(
        cause.contains("more than 10 redirects") && cause.contains("/again"),
        "{cause}"
    );
}

#[test]
fn with_a_limit_of_zero_the_guest_gets_the_redirect() {
    let upstream = Upstream::start([ScriptedResponse::redirect(302, "/next")]);
    let limits = Limits {
        redirects: 0,
        ..Limits::default()
    };
    let got = send(
        &wire_probe_in(builder(limits), &[&upstream.authority()]),
        ProbeRequest::get(upstream.url("/")),
    );
    assert_eq!(got.status(), 302);
    assert_eq!(got.values("location"), ["/next"]);
}

#[test]
fn a_3xx_that_is_not_a_redirect_is_a_response() {
    let rows = [
        (300, "location: /x"),
        (304, "location: /x"),
        (302, "x-a: no location"),
    ];
    check_rows(rows, |&(status, field)| {
        let upstream = Upstream::start([ScriptedResponse::raw(format!(
            "HTTP/1.1 {status} X\r\n{field}\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url("/")),
        );
        assert_eq!(got.status(), status);
    });
}

#[test]
fn an_invalid_location_is_a_runtime_error() {
    check_rows(["http://", "http://[::1", "//"], |location| {
        let upstream = Upstream::start([ScriptedResponse::redirect(302, location)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            ProbeRequest::get(upstream.url("/")),
        );
        assert_eq!(got.error(), "runtime-error");
    });
}
