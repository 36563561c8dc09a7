//! What a guest of `wasi:http` sends: the policy, the limits and the log are those of all guests.

use bytes::Bytes;
use http::Request;
use spin_harness::{BlockedNetworks, Exchange, Limits, Outcome};

use super::observed;
use test_support::guests::{ProbeRequest, builder, handle, send, send_all};
use test_support::published::{Published, SPIN_SDK_5};
use test_support::upstream::{ScriptedResponse, Upstream};

test_support::for_each_sdk! {
    nothing_is_lost_between_the_guest_and_the_wire
    a_redirect_is_the_guests_as_in_spin
    what_is_not_permitted_is_denied_before_anything_is_contacted
    a_blocked_network_is_not_dialled_by_address_or_name
    each_exchange_is_on_record_with_its_bytes
    the_limits_on_requests_and_calls_hold
    the_times_that_a_guest_sets_hold
    a_body_that_is_cut_off_has_an_error_code
}

fn limits() -> Limits {
    Limits::default()
}

fn nothing_is_lost_between_the_guest_and_the_wire(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::raw(
        "HTTP/1.1 207 Multi\r\nset-cookie: a=1\r\nx-b: \r\nset-cookie: b=2\r\n\r\nbody",
    ));
    let got = send(
        &published.guest(&[&upstream.authority()]),
        ProbeRequest::new("PUT", upstream.url("/%7Ea/b?q=%20&q=1"))
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

fn a_redirect_is_the_guests_as_in_spin(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::redirect(302, "/elsewhere"));
    let got = send(
        &published.guest(&[&upstream.authority()]),
        ProbeRequest::get(upstream.url("/")),
    );
    assert_eq!(
        (got.status(), got.values("location")),
        (302, vec!["/elsewhere"])
    );
    assert_eq!(upstream.next().request_line(), "GET / HTTP/1.1");
    assert_eq!(upstream.rest(), []);
}

fn what_is_not_permitted_is_denied_before_anything_is_contacted(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let (harness, exchanges) = observed(limits());
    let guest = published.guest_in(harness, &["other.test"]);
    for uri in [
        &upstream.url("/"),
        "ftp://other.test/",
        "/self",
        "https://other.test:8443/",
    ] {
        let got = send(&guest, ProbeRequest::get(uri));
        assert!(
            got.error().contains("ErrorCode::HttpRequestDenied"),
            "{uri}: {got:?}"
        );
    }
    assert_eq!(upstream.rest(), []);
    for exchange in exchanges.lock().unwrap().iter() {
        let Outcome::Failed {
            error_code, cause, ..
        } = &exchange.outcome
        else {
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

fn a_blocked_network_is_not_dialled_by_address_or_name(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let blocked = BlockedNetworks::default().block_private();
    let guest = published.guest_in(
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
        let got = send(&guest, ProbeRequest::get(format!("http://{host}:{port}/")));
        assert!(
            got.error().contains("ErrorCode::DestinationIpProhibited"),
            "{host}: {got:?}"
        );
    }
    assert_eq!(upstream.rest(), []);
}

fn each_exchange_is_on_record_with_its_bytes(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::ok("12345"));
    let (harness, exchanges) = observed(limits());
    let guest = published.guest_in(harness, &[&upstream.authority()]);
    send(
        &guest,
        ProbeRequest::new("POST", upstream.url("/a")).body("123"),
    );
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
    assert!(exchange.address().is_some());
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

fn the_limits_on_requests_and_calls_hold(published: &Published) {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let small = Limits {
        request_body_bytes: 1000,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        outbound_calls: Some(3),
        ..limits()
    };
    let guest = published.guest_in(builder(small), &[&upstream.authority()]);
    let many = vec![("x-a", "1"); 21];
    let got = send_all(
        &guest,
        &[
            ProbeRequest::get(upstream.url("/")).headers(&many),
            ProbeRequest::new("POST", upstream.url("/")).body("x".repeat(1001)),
            ProbeRequest::new("CONNECT", upstream.url("/")),
            ProbeRequest::get(upstream.url("/")),
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

fn the_times_that_a_guest_sets_hold(published: &Published) {
    for (first_byte, answer, cause, code, name) in [
        (
            200,
            ScriptedResponse::Silence,
            "timed out after 200ms waiting for response headers (timeout set by the guest)",
            "HTTP-response-timeout",
            "HttpResponseTimeout",
        ),
        (
            20_000,
            ScriptedResponse::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_vec()),
            "timed out after 100ms waiting for the next bytes of the response (timeout set by the guest)",
            "connection-read-timeout",
            "ConnectionReadTimeout",
        ),
    ] {
        let upstream = Upstream::always(answer);
        let (harness, exchanges) = observed(limits());
        let authority = upstream.authority();
        let guest = published.guest_in(harness, &[&authority]);
        let path = format!("/impatient?{first_byte}&{authority}");
        let request = Request::get(path).body(Bytes::new());
        let response = handle(&guest, request.unwrap()).unwrap();
        let exchanges = exchanges.lock().unwrap();
        let [Exchange { outcome, .. }] = &exchanges[..] else {
            panic!("{exchanges:?}: {response:?}");
        };
        let Outcome::Failed {
            error_code,
            cause: got,
            ..
        } = outcome
        else {
            panic!("{outcome:?}: {response:?}");
        };
        assert_eq!((*error_code, got.as_str()), (code, cause));
        let text = String::from_utf8_lossy(response.body());
        assert!(text.contains(name), "{text}");
    }
}

fn a_body_that_is_cut_off_has_an_error_code(published: &Published) {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n",
    ] {
        let upstream = Upstream::always(ScriptedResponse::raw(response));
        let authority = upstream.authority();
        let request = Request::get(format!("/impatient?20000&{authority}")).body(Bytes::new());
        let response = handle(&published.guest(&[&authority]), request.unwrap()).unwrap();
        let text = String::from_utf8_lossy(response.body());
        assert!(text.contains("HttpResponseIncomplete"), "{text}");
    }
}

#[test]
fn a_body_stays_open_until_the_guest_ends_it_though_all_that_it_announced_is_sent() {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let guest = SPIN_SDK_5.guest(&[&upstream.authority()]);
    let path = format!("/announced?{}", upstream.authority());
    let request = Request::post(path).body(Bytes::new());
    let response = handle(&guest, request.unwrap()).unwrap();
    assert_eq!(response.body(), "answered: true, Ok(()) Ok(()) Ok(())");
    assert_eq!(upstream.next().body, b"body");
}
