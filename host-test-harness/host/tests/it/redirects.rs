//! Redirects: followed by the host, each hop judged, nothing leaked on the way.

use spin_harness::{Limits, Outcome};

use test_support::guests::{Ask, builder, observed_wire_probe, send, wire_probe, wire_probe_in};
use test_support::upstream::{Answer, Upstream};

#[test]
fn method_and_body_follow_the_rules_of_each_status() {
    for (status, method, next_method, keeps_body) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (303, "POST", "GET", false),
        (303, "PUT", "GET", false),
        (303, "HEAD", "HEAD", false),
        (301, "PUT", "PUT", true),
        (302, "DELETE", "DELETE", true),
        (307, "POST", "POST", true),
        (308, "PATCH", "PATCH", true),
    ] {
        let upstream = Upstream::start([
            Answer::redirect(status, "/next?q=%20#x"),
            Answer::raw("HTTP/1.1 204 X\r\n\r\n"),
        ]);
        let mut ask = Ask::new(method, upstream.url("/"))
            .headers(&[("content-type", "text/plain"), ("x-a", "1")]);
        if method != "HEAD" {
            ask = ask.body("abc");
        }
        assert_eq!(
            send(&wire_probe(&[&upstream.authority()]), ask).status(),
            204,
            "{status} {method}"
        );
        upstream.next();
        let seen = upstream.next();
        assert_eq!(
            seen.request_line(),
            format!("{next_method} /next?q=%20 HTTP/1.1"),
            "{status} {method}"
        );
        assert_eq!(
            seen.body,
            if keeps_body { &b"abc"[..] } else { b"" },
            "{status} {method}"
        );
        assert_eq!(seen.values("x-a"), ["1"], "{status} {method}");
        if !keeps_body && method != "HEAD" {
            assert_eq!(seen.values("content-type"), [""; 0], "{status} {method}");
            assert_eq!(seen.values("content-length"), [""; 0], "{status} {method}");
        }
        assert_eq!(seen.values("referer"), [""; 0]);
    }
}

#[test]
fn a_hop_that_is_not_allowed_is_denied_before_contact() {
    let outside = Upstream::always(Answer::ok("secret"));
    for location in [
        outside.url("/"),
        "ftp://example.test/".to_owned(),
        outside.url("/").replace("http:", ""),
    ] {
        let upstream = Upstream::start([Answer::redirect(302, &location)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            Ask::get(upstream.url("/")),
        );
        assert_eq!(got.error(), "destination-not-allowed", "{location}");
    }
    assert_eq!(outside.rest(), []);
}

#[test]
fn credentials_stay_at_their_origin() {
    let other = Upstream::always(Answer::ok(""));
    let upstream = Upstream::start([
        Answer::redirect(302, "/same"),
        Answer::redirect(302, &other.url("/")),
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
        send(&guest, Ask::get(upstream.url("/")).headers(&credentials)).status(),
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
fn a_loop_ends_at_the_limit_and_the_error_names_it() {
    let upstream = Upstream::always(Answer::redirect(302, "/again"));
    let (guest, exchanges) = observed_wire_probe(&[&upstream.authority()]);
    assert_eq!(
        send(&guest, Ask::get(upstream.url("/"))).error(),
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
        cause.contains("limit of 10 redirects") && cause.contains("/again"),
        "{cause}"
    );
}

#[test]
fn a_limit_of_no_redirects_hands_the_3xx_to_the_guest() {
    let upstream = Upstream::start([Answer::redirect(302, "/next")]);
    let limits = Limits {
        redirects: 0,
        ..Limits::default()
    };
    let got = send(
        &wire_probe_in(builder(limits), &[&upstream.authority()]),
        Ask::get(upstream.url("/")),
    );
    assert_eq!(got.status(), 302);
    assert_eq!(got.values("location"), ["/next"]);
}

#[test]
fn a_3xx_that_is_no_redirect_is_a_response_and_a_broken_location_is_an_error() {
    for answer in [
        "300 X\r\nlocation: /x",
        "304 X\r\nlocation: /x",
        "302 X\r\nx-a: no location",
    ] {
        let upstream = Upstream::start([Answer::raw(format!(
            "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n"
        ))]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            Ask::get(upstream.url("/")),
        );
        assert_eq!(got.status().to_string(), answer[..3]);
    }
    for location in ["http://", "http://[::1", "//"] {
        let upstream = Upstream::start([Answer::redirect(302, location)]);
        let got = send(
            &wire_probe(&[&upstream.authority()]),
            Ask::get(upstream.url("/")),
        );
        assert_eq!(got.error(), "runtime-error", "{location}");
    }
}
