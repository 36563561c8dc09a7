//! `self` requests: in process, or to a configured origin, and never to the host of a header.

use bytes::Bytes;
use http::Request;
use spin_harness::{Limits, Origin, Outcome, SelfCalls};

use test_support::guests::{
    ProbeRequest, builder, get, observed_wire_probe, send, wire_probe, wire_probe_in,
};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

const FORMS: [&str; 3] = [
    "/echo?q=%20",
    "http://self/echo?q=%20",
    "https://self/echo?q=%20",
];

#[test]
fn a_new_instance_handles_a_self_request_without_a_socket() {
    check_rows(FORMS, |uri| {
        let got = send(
            &wire_probe(&["self"]),
            ProbeRequest::new("PUT", uri)
                .headers(&[("x-a", "1"), ("x-a", "2")])
                .body("body"),
        );
        assert_eq!(
            String::from_utf8_lossy(got.body()),
            "Method::Put /echo?q=%20 Some(\"body\")"
        );
        assert_eq!(got.values("x-a"), ["1", "2"]);
        assert_eq!(got.values("host"), ["localhost"]);
    });
}

#[test]
fn a_self_request_needs_the_entry_self() {
    check_rows(FORMS, |uri| {
        for allowed in [&[][..], &["localhost", "127.0.0.1"]] {
            assert_eq!(
                send(&wire_probe(allowed), ProbeRequest::get(uri)).error(),
                "destination-not-allowed",
                "{allowed:?}"
            );
        }
        assert_eq!(
            send(&wire_probe(&["insecure:allow-all"]), ProbeRequest::get(uri)).status(),
            200
        );
    });
}

#[test]
fn self_requests_go_to_the_configured_origin_whatever_the_host_header_says() {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let elsewhere = Upstream::always(ScriptedResponse::ok(""));
    let origin = Origin::parse(&upstream.url("")).unwrap();
    let guest = wire_probe(&["self"]).self_calls(SelfCalls::Origin(origin));
    let asks =
        serde_json::json!(FORMS.map(|uri| serde_json::json!({ "method": "GET", "uri": uri })));
    let request = Request::post("/")
        .header("host", elsewhere.authority())
        .header("x-forwarded-host", elsewhere.authority())
        .header("spin-full-url", elsewhere.url("/"))
        .body(Bytes::from(asks.to_string()))
        .unwrap();
    assert_eq!(
        test_support::guests::handle(&guest, request)
            .unwrap()
            .status(),
        200
    );
    for _ in FORMS {
        assert_eq!(upstream.next().request_line(), "GET /echo?q=%20 HTTP/1.1");
    }
    assert_eq!(elsewhere.rest(), []);
}

#[test]
fn a_uri_that_starts_with_two_slashes_is_a_path_of_the_own_application() {
    let upstream = Upstream::always(ScriptedResponse::ok(""));
    let got = send(
        &wire_probe(&["self", &upstream.authority()]),
        ProbeRequest::get(format!("//{}/x", upstream.authority())),
    );
    assert_eq!(got.status(), 404);
    assert_eq!(upstream.rest(), []);
}

#[test]
fn endless_self_calls_stop_at_the_depth_limit() {
    check_rows([0, 1, 16], |&limit| {
        let limits = Limits {
            self_call_depth: limit,
            ..Limits::default()
        };
        let response = get(&wire_probe_in(builder(limits), &["self"]), "/call-self").unwrap();
        assert_eq!(String::from_utf8_lossy(response.body()), limit.to_string());
    });
}

#[test]
fn a_trap_in_a_self_request_is_a_runtime_error_for_its_caller_only() {
    let (guest, exchanges) = observed_wire_probe(&["self"]);
    assert_eq!(
        send(&guest, ProbeRequest::get("/panic")).error(),
        "runtime-error"
    );
    let exchanges = exchanges.lock().unwrap();
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].url, "http://self/panic");
    let Outcome::Failed { cause, details, .. } = &exchanges[0].outcome else {
        panic!("{:?}", exchanges[0].outcome);
    };
    // One sentence, and what a person looks for in a field of its own.
    assert!(
        cause.contains("aborted") && !cause.contains('\n'),
        "{cause}"
    );
    let details = details.as_deref().unwrap_or_default();
    for text in ["the probe was told to panic", "handle_request"] {
        assert!(details.contains(text), "{text}: {details}");
    }
}

#[test]
fn the_response_to_a_head_self_request_has_an_empty_body() {
    let guest = wire_probe(&["self"]);
    let head = send(&guest, ProbeRequest::new("HEAD", "/echo"));
    assert_eq!((head.status(), head.body()), (200, &b""[..]));
}
