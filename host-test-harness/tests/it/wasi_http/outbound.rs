//! What a guest of `wasi:http` sends: the policy, the limits and the log are those of all guests.

use std::time::Duration;

use host_test_harness::{BlockedNetworks, Limits, Outcome};

use super::observed;
use crate::guests::{Ask, Got, builder, send, send_all};
use crate::stock::Stock;
use crate::upstream::{Answer, Upstream};

for_each_sdk! {
    nothing_is_lost_between_the_guest_and_the_wire
    a_redirect_is_the_guests_as_in_spin
    what_is_not_permitted_is_denied_before_anything_is_contacted
    a_blocked_network_is_not_dialled_by_address_or_name
    each_exchange_is_on_record_with_its_bytes
    a_hostile_upstream_is_an_error_of_its_kind_and_the_guest_goes_on
    a_wait_is_bounded_and_a_refusal_is_named
    the_limits_on_requests_and_calls_hold
}

fn limits() -> Limits {
    Limits::default()
}

fn nothing_is_lost_between_the_guest_and_the_wire(stock: &Stock) {
    let upstream = Upstream::always(Answer::raw(
        "HTTP/1.1 207 Multi\r\nset-cookie: a=1\r\nx-b: \r\nset-cookie: b=2\r\n\r\nbody",
    ));
    let got = send(
        &stock.guest(&[&upstream.authority()]),
        Ask::new("PUT", upstream.url("/%7Ea/b?q=%20&q=1"))
            .headers(&[("x-a", "1"), ("x-a", "2"), ("x-empty", "")])
            .body("content"),
    );
    let seen = upstream.next();
    assert_eq!(seen.request_line(), "PUT /%7Ea/b?q=%20&q=1 HTTP/1.1");
    assert_eq!(seen.values("x-a"), ["1", "2"]);
    assert_eq!(seen.values("x-empty"), [""]);
    assert_eq!(seen.values("host"), [upstream.authority()]);
    assert_eq!(seen.body, b"content");
    assert_eq!(got.status(), 207);
    assert_eq!(got.values("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(got.values("x-b"), [""]);
    assert_eq!(got.body(), b"body");
}

fn a_redirect_is_the_guests_as_in_spin(stock: &Stock) {
    let upstream = Upstream::always(Answer::redirect(302, "/elsewhere"));
    let got = send(
        &stock.guest(&[&upstream.authority()]),
        Ask::get(upstream.url("/")),
    );
    assert_eq!(
        (got.status(), got.values("location")),
        (302, vec!["/elsewhere"])
    );
    assert_eq!(upstream.next().request_line(), "GET / HTTP/1.1");
    assert_eq!(upstream.rest(), []);
}

fn what_is_not_permitted_is_denied_before_anything_is_contacted(stock: &Stock) {
    let upstream = Upstream::always(Answer::ok(""));
    let (harness, exchanges) = observed(limits());
    let guest = stock.guest_in(harness, &["other.test"]);
    for uri in [
        &upstream.url("/"),
        "ftp://other.test/",
        "/self",
        "https://other.test:8443/",
    ] {
        let got = send(&guest, Ask::get(uri));
        assert!(
            got.error().contains("ErrorCode::HttpRequestDenied"),
            "{uri}: {got:?}"
        );
    }
    assert_eq!(upstream.rest(), []);
    for exchange in exchanges.lock().unwrap().iter() {
        let Outcome::Failed { error_code, cause } = &exchange.outcome else {
            panic!("{exchange:?}");
        };
        assert_eq!(*error_code, "HTTP-request-denied");
        assert!(
            cause.contains("not permitted") || cause.contains("permit"),
            "{cause}"
        );
    }
    assert_eq!(exchanges.lock().unwrap().len(), 4);
}

fn a_blocked_network_is_not_dialled_by_address_or_name(stock: &Stock) {
    let upstream = Upstream::always(Answer::ok(""));
    let blocked = BlockedNetworks::default().block_private();
    let guest = stock.guest_in(
        builder(limits()).blocked_networks(blocked),
        &["insecure:allow-all"],
    );
    let port = upstream
        .authority()
        .split(':')
        .next_back()
        .unwrap()
        .to_owned();
    for host in ["127.0.0.1", "localhost"] {
        let got = send(&guest, Ask::get(format!("http://{host}:{port}/")));
        assert!(
            got.error().contains("ErrorCode::DestinationIpProhibited"),
            "{host}: {got:?}"
        );
    }
    assert_eq!(upstream.rest(), []);
}

fn each_exchange_is_on_record_with_its_bytes(stock: &Stock) {
    let upstream = Upstream::always(Answer::ok("12345"));
    let (harness, exchanges) = observed(limits());
    let guest = stock.guest_in(harness, &[&upstream.authority()]);
    send(&guest, Ask::new("POST", upstream.url("/a")).body("123"));
    let exchanges = exchanges.lock().unwrap();
    let [exchange] = &exchanges[..] else {
        panic!("{exchanges:?}");
    };
    assert_eq!(
        (exchange.method.as_str(), &exchange.url),
        ("POST", &upstream.url("/a"))
    );
    assert_eq!(exchange.rule, Some(upstream.authority()));
    assert_eq!(exchange.request_body_bytes, 3);
    assert!(exchange.address.is_some());
    assert!(
        matches!(
            exchange.outcome,
            Outcome::Response {
                status: 200,
                body_bytes: 5
            }
        ),
        "{exchange:?}"
    );
}

/// What an upstream does, and what the guest gets.
#[track_caller]
fn check_hostile(stock: &Stock, limits: Limits, answer: Answer, want: &str) {
    let upstream = Upstream::always(answer);
    let guest = stock.guest_in(builder(limits), &[&upstream.authority()]);
    let got = send(&guest, Ask::get(upstream.url("/")));
    match &got {
        Got::Error { kind, message } => {
            assert!(kind.contains(want) || message.contains(want), "{got:?}");
        }
        Got::Response { .. } => panic!("got {got:?}, want {want}"),
    }
    let again = Upstream::always(Answer::ok("fine"));
    let guest = guest.allow_list(crate::guests::allow(&[&again.authority()]));
    assert_eq!(send(&guest, Ask::get(again.url("/"))).body(), b"fine");
}

fn a_hostile_upstream_is_an_error_of_its_kind_and_the_guest_goes_on(stock: &Stock) {
    let small = Limits {
        response_body_bytes: 1000,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        ..limits()
    };
    let fields = "x-a: 1\r\n".repeat(21);
    let field = "x".repeat(10 << 10);
    let large = "x".repeat(1001);
    for (answer, want) in [
        (Answer::raw(""), "HttpResponseIncomplete"),
        (Answer::raw("HTTP/1.1 2"), "HttpResponseIncomplete"),
        (Answer::raw("nonsense\r\n\r\n"), "HttpProtocolError"),
        (Answer::raw("HTTP/1.1 099 X\r\n\r\n"), "HttpProtocolError"),
        (
            Answer::raw(format!("HTTP/1.1 200 OK\r\n{fields}\r\n")),
            "HttpResponseHeaderSectionSize",
        ),
        (
            Answer::raw(format!("HTTP/1.1 200 OK\r\nx-a: {field}\r\n\r\n")),
            "HttpResponseHeaderSectionSize",
        ),
        (
            Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"),
            stock.body_error("HttpResponseIncomplete"),
        ),
        (
            Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort"),
            stock.body_error("HttpResponseIncomplete"),
        ),
        (
            Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
            stock.body_error("HttpProtocolError"),
        ),
        (
            Answer::ok(large),
            stock.body_error("HttpResponseBodySize(Some(1000))"),
        ),
    ] {
        check_hostile(stock, small.clone(), answer, want);
    }
}

fn a_wait_is_bounded_and_a_refusal_is_named(stock: &Stock) {
    let quick = Limits {
        response_timeout: Duration::from_secs(2),
        ..limits()
    };
    check_hostile(stock, quick.clone(), Answer::Silence, "HttpResponseTimeout");
    let stalled = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort";
    let want = stock.body_error("HttpResponseTimeout");
    check_hostile(stock, quick, Answer::Bytes(stalled.into()), want);
    let got = send(
        &stock.guest(&["127.0.0.1:1"]),
        Ask::get("http://127.0.0.1:1/"),
    );
    assert!(
        got.error().contains("ErrorCode::ConnectionRefused"),
        "{got:?}"
    );
}

fn the_limits_on_requests_and_calls_hold(stock: &Stock) {
    let upstream = Upstream::always(Answer::ok(""));
    let small = Limits {
        request_body_bytes: 1000,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        outbound_calls: Some(3),
        ..limits()
    };
    let guest = stock.guest_in(builder(small), &[&upstream.authority()]);
    let many = vec![("x-a", "1"); 21];
    let got = send_all(
        &guest,
        &[
            Ask::get(upstream.url("/")).headers(&many),
            Ask::new("POST", upstream.url("/")).body("x".repeat(1001)),
            Ask::new("CONNECT", upstream.url("/")),
            Ask::get(upstream.url("/")),
        ],
    );
    assert!(
        got[0].error().contains("HttpRequestHeaderSectionSize"),
        "{:?}",
        got[0]
    );
    assert!(
        got[1].error().contains("HttpRequestBodySize"),
        "{:?}",
        got[1]
    );
    assert!(
        got[2].error().contains("HttpRequestMethodInvalid"),
        "{:?}",
        got[2]
    );
    assert!(
        got[3].error().contains("ConnectionLimitReached"),
        "{:?}",
        got[3]
    );
}
