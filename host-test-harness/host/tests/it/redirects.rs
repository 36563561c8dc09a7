//! Redirects: the host follows them, evaluates each hop, and sends no credentials to another origin.

use spin_harness::mocks::{Mocks, ReceivedRequest, any, get, request, status};
use spin_harness::{Limits, Outcome};

use test_support::guests::{
    ProbeRequest, builder, mocked, observed_wire_probe, send, wire_probe, wire_probe_in,
};
use test_support::table::check_rows;

/// A mock of `http://a.test/` that redirects.
fn redirect(status_code: u16, location: &str) -> Mocks {
    Mocks::new().expect(
        any().url("http://a.test/"),
        status(status_code).header("location", location),
    )
}

/// The request to `http://a.test/`.
fn first() -> ProbeRequest {
    ProbeRequest::get("http://a.test/")
}

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
        let next = request(row.next_method, "http://a.test/next?q=%20");
        let mocks = redirect(row.status, "/next?q=%20#x").expect(next, status(204));
        let mut ask = ProbeRequest::new(method, "http://a.test/")
            .headers(&[("content-type", "text/plain"), ("x-a", "1")]);
        if let Some(body) = body {
            ask = ask.body(body);
        }
        let got = send(&mocked(wire_probe(&["a.test"]), &mocks), ask);
        assert_eq!(got.status(), 204);
        let seen = &mocks.received()[1];
        assert_eq!(seen.body, row.next_body);
        assert_eq!(seen.header_values("x-a"), ["1"]);
        assert_eq!(seen.header_values("content-type"), row.next_content_type);
        assert_eq!(
            seen.header_values("content-length"),
            row.next_content_length
        );
        assert_eq!(seen.header_values("referer"), [""; 0]);
    });
}

#[test]
fn a_redirect_to_a_denied_destination_is_denied_before_contact() {
    let locations = [
        "http://denied.test/",
        "ftp://example.test/",
        "//denied.test/",
    ];
    check_rows(locations, |location| {
        let mocks = redirect(302, location).expect(any().host("denied.test").times(0), status(200));
        let got = send(&mocked(wire_probe(&["a.test"]), &mocks), first());
        assert_eq!(got.error(), "destination-not-allowed");
    });
}

#[test]
fn credentials_are_not_sent_to_another_origin() {
    let mocks = redirect(302, "/same")
        .expect(
            get("http://a.test/same"),
            status(302).header("location", "http://b.test/"),
        )
        .expect(get("http://b.test/"), status(200));
    let credentials = [
        ("authorization", "Bearer x"),
        ("cookie", "a=1"),
        ("proxy-authorization", "x"),
        ("host", "named.test"),
        ("x-a", "1"),
    ];
    let guest = mocked(wire_probe(&["a.test", "b.test"]), &mocks);
    assert_eq!(send(&guest, first().headers(&credentials)).status(), 200);
    let received = mocks.received();
    let values = |request: &ReceivedRequest| {
        credentials.map(|(name, _)| request.header(name).unwrap_or("none").to_owned())
    };
    let sent = credentials.map(|(_, value)| value);
    assert_eq!(values(&received[0]), sent);
    assert_eq!(values(&received[1]), sent);
    assert_eq!(values(&received[2]), ["none", "none", "none", "none", "1"]);
}

#[test]
fn a_redirect_loop_stops_at_the_limit_and_the_error_names_it() {
    let again = status(302).header("location", "/again");
    let mocks = Mocks::new().expect(any().host("a.test").times(11), again);
    let (guest, exchanges) = observed_wire_probe(&["a.test"]);
    let guest = mocked(guest, &mocks);
    assert_eq!(send(&guest, first()).error(), "runtime-error");
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
    let limits = Limits {
        redirects: 0,
        ..Limits::default()
    };
    let guest = wire_probe_in(builder(limits), &["a.test"]);
    let got = send(&mocked(guest, &redirect(302, "/next")), first());
    assert_eq!(got.status(), 302);
    assert_eq!(got.values("location"), ["/next"]);
}

#[test]
fn a_3xx_that_is_not_a_redirect_is_a_response() {
    let rows = [
        (300, ("location", "/x")),
        (304, ("location", "/x")),
        (302, ("x-a", "no location")),
    ];
    check_rows(rows, |&(status_code, (name, value))| {
        let response = status(status_code).header(name, value);
        let mocks = Mocks::new().expect(get("http://a.test/"), response);
        let got = send(&mocked(wire_probe(&["a.test"]), &mocks), first());
        assert_eq!(got.status(), status_code);
    });
}

#[test]
fn an_invalid_location_is_a_runtime_error() {
    check_rows(["http://", "http://[::1", "//"], |location| {
        let mocks = redirect(302, location);
        let got = send(&mocked(wire_probe(&["a.test"]), &mocks), first());
        assert_eq!(got.error(), "runtime-error");
    });
}
