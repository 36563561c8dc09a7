//! Mocks answer the calls of guests of every import, and of every component of an application.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::json;
use spin_harness::mocks::{MockResponse, Mocks, Responses, any, get, glob, post, status, text};
use spin_harness::outbound::{Phase, TlsError};
use spin_harness::{Guest, Limits, TestApp, TransportError, Via};
use test_support::application::{folder, two_components};
use test_support::guests::{
    ProbeRequest, block_on, builder, mocked, observed_wire_probe, send, wire_probe, wire_probe_in,
};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};
use test_support::table::check_rows;

const URL: &str = "http://api.test/a?b=%20";

/// A guest of each import, whose calls `mocks` answer, with the import's name.
fn guests(mocks: &Mocks, allowed: &[&str]) -> [(&'static str, Guest); 3] {
    [
        ("fermyon:spin/http", wire_probe(allowed)),
        ("wasi:http 0.2", SPIN_SDK_5.guest(allowed)),
        ("wasi:http 0.3", SPIN_SDK_7.guest(allowed)),
    ]
    .map(|(import, guest)| (import, mocked(guest, mocks)))
}

#[test]
fn a_guest_of_each_import_gets_what_the_mock_answers() {
    let mocks = Mocks::new().expect(
        post(URL).header("x-a", "2").text("content").times(3),
        text("größe")
            .status(207)
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2"),
    );
    check_rows(guests(&mocks, &["api.test"]), |(_, guest)| {
        let asked = ProbeRequest::new("POST", URL)
            .headers(&[("x-a", "1"), ("x-a", "2")])
            .body("content");
        let got = send(guest, asked);
        assert_eq!(got.status(), 207);
        assert_eq!(got.values("set-cookie"), ["a=1", "b=2"]);
        assert_eq!(got.body(), "größe".as_bytes());
    });
    for received in mocks.received() {
        assert_eq!(received.header_values("x-a"), ["1", "2"]);
        assert_eq!(received.url.as_str(), URL);
        assert_eq!(received.body, "content");
    }
}

/// A fault, and the error-code that a guest gets over `fermyon:spin/http` and over `wasi:http`.
type FaultRow = (Responses, &'static str, &'static str);

fn fault_rows() -> Vec<FaultRow> {
    let spin = "runtime-error";
    let tls = |error| TransportError::Tls(error).into();
    let timeout = |phase| TransportError::Timeout(phase).into();
    vec![
        (TransportError::Dns.into(), spin, "DnsError"),
        (
            TransportError::BlockedAddress.into(),
            "destination-not-allowed",
            "DestinationIpProhibited",
        ),
        (TransportError::Refused.into(), spin, "ConnectionRefused"),
        (
            TransportError::Unreachable.into(),
            spin,
            "DestinationUnavailable",
        ),
        (
            TransportError::TooManyConnections.into(),
            "too-many-requests",
            "ConnectionLimitReached",
        ),
        (tls(TlsError::Certificate), spin, "TlsCertificateError"),
        (tls(TlsError::Protocol), spin, "TlsProtocolError"),
        (tls(TlsError::alert(40)), spin, "TlsAlertReceived"),
        (TransportError::Reset.into(), spin, "ConnectionTerminated"),
        (
            TransportError::Incomplete.into(),
            spin,
            "HttpResponseIncomplete",
        ),
        (TransportError::Malformed.into(), spin, "HttpProtocolError"),
        (timeout(Phase::Connect), spin, "ConnectionTimeout"),
        (timeout(Phase::ResponseHeaders), spin, "HttpResponseTimeout"),
        (timeout(Phase::BetweenBytes), spin, "ConnectionReadTimeout"),
        (timeout(Phase::WholeResponse), spin, "HttpResponseTimeout"),
        (
            text("").huge_headers(300 << 10).into(),
            spin,
            "HttpResponseHeaderSectionSize",
        ),
        (status(103).into(), spin, "HttpProtocolError"),
    ]
}

#[test]
fn a_fault_is_the_error_code_that_the_network_would_cause() {
    for (responses, spin, wasi) in fault_rows() {
        let mocks = Mocks::new().expect(any().times(3), responses);
        check_rows(guests(&mocks, &["api.test"]), |(import, guest)| {
            let got = send(guest, ProbeRequest::get(URL)).error().to_owned();
            let want = if import.starts_with("fermyon") {
                spin
            } else {
                wasi
            };
            assert!(got.contains(want), "got {got}, want {want}");
        });
    }
}

#[test]
fn a_body_that_breaks_off_or_stalls_fails_the_call_of_each_import() {
    let limits = || Limits {
        response_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    type Response = fn() -> MockResponse;
    let rows: [(&str, Response); 4] = [
        ("cut", || text("abcdef").cut_after(3)),
        ("reset", || {
            text("abcdef").fails_after(3, TransportError::Reset)
        }),
        ("stalled", || text("abcdef").stall_after(3)),
        ("never", spin_harness::mocks::stalled),
    ];
    check_rows(rows, |(_, response)| {
        let mocks = Mocks::new().expect(any().times(3), response());
        let harness = || builder(limits()).mocks(&mocks);
        for guest in [
            wire_probe_in(harness(), &["api.test"]),
            SPIN_SDK_5.guest_in(harness(), &["api.test"]),
            SPIN_SDK_7.guest_in(harness(), &["api.test"]),
        ] {
            send(&guest, ProbeRequest::get(URL)).error();
        }
    });
}

#[test]
fn an_unmatched_call_tells_a_guest_of_wasi_http_what_differs() {
    let mocks = Mocks::new()
        .verify_on_drop(false)
        .expect(post(URL).named("order"), text(""));
    check_rows(guests(&mocks, &["api.test"]), |(import, guest)| {
        let got = send(guest, ProbeRequest::get(URL)).error().to_owned();
        if import.starts_with("fermyon") {
            assert_eq!(got, "runtime-error");
        } else {
            let want = "the only one is `order`, but method: got GET, want POST";
            assert!(got.contains("InternalError") && got.contains(want), "{got}");
        }
    });
    assert_eq!(mocks.verify().unwrap_err().reasons().len(), 4);
}

#[test]
fn a_mock_never_hides_a_missing_permission() {
    let mocks = Mocks::new().expect(any().times(0..), text("mocked"));
    check_rows(guests(&mocks, &["other.test"]), |(import, guest)| {
        let got = send(guest, ProbeRequest::get(URL)).error().to_owned();
        let want = if import.starts_with("fermyon") {
            "destination-not-allowed"
        } else {
            "HttpRequestDenied"
        };
        assert!(got.contains(want), "got {got}, want {want}");
    });
    assert!(mocks.received().is_empty());
}

#[test]
fn a_redirect_is_followed_hop_by_hop_through_the_mocks() {
    let mocks = Mocks::new()
        .expect(get(URL), status(302).header("location", "/b"))
        .expect(
            get("http://api.test/b"),
            status(302).header("location", "http://denied.test/"),
        );
    let (guest, exchanges) = observed_wire_probe(&["api.test"]);
    let guest = mocked(guest, &mocks);
    assert_eq!(
        send(&guest, ProbeRequest::get(URL)).error(),
        "destination-not-allowed"
    );
    let hops: Vec<u32> = mocks
        .received()
        .iter()
        .map(|received| received.hop)
        .collect();
    assert_eq!(hops, [0, 1]);
    let via: Vec<_> = exchanges
        .lock()
        .unwrap()
        .iter()
        .map(|exchange| exchange.via.clone())
        .collect();
    let named = |name: &str| {
        Some(Via::Mock {
            name: name.to_owned(),
        })
    };
    assert_eq!(
        via,
        [
            named("GET http://api.test/a?b=%20"),
            named("GET http://api.test/b"),
            None
        ]
    );
}

fn ask(requests: &[ProbeRequestJson]) -> Request<Bytes> {
    Request::post("/")
        .body(serde_json::to_vec(requests).unwrap().into())
        .unwrap()
}

/// A request that a wire probe makes.
type ProbeRequestJson = serde_json::Value;

#[test]
fn the_mocks_of_an_application_answer_every_component() {
    // `front` asks `back`, which asks `self`: the mock stands in for the component `self` routes to.
    let application = two_components(Limits::default());
    let mocks = Mocks::new().expect(get("/none"), text("mocked"));
    let app = TestApp::application(application).mocks(&mocks);
    let inner = json!([{"method": "GET", "uri": "/none"}]).to_string();
    let body = base64(&inner);
    let asked = json!({"method": "POST", "uri": "http://back.spin.internal/", "body": body});
    let response = block_on(app.request(ask(&[asked]))).unwrap();
    assert_eq!(response.status(), 200);
    let received = mocks.received();
    assert_eq!(received.len(), 1);
    assert_eq!(&*received[0].component, "back");
}

#[test]
fn a_component_that_another_one_calls_can_be_mocked() {
    let app = TestApp::application(two_components(Limits::default()));
    let mocks = Mocks::new().expect(get(glob("http://back.spin.internal/**")), text("not back"));
    let app = app.mocks(&mocks);
    let asked = json!({"method": "GET", "uri": "http://back.spin.internal/echo"});
    let response = block_on(app.request(ask(&[asked]))).unwrap();
    let outcomes: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(outcomes[0]["response"]["body"], base64("not back"));
}

#[test]
fn a_test_app_is_a_manifest_or_a_component() {
    let folder = folder(
        &[("/...", "front")],
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://api.test\"]\n",
    );
    let file = test_support::guests::probe_path("wire_probe");
    let rows = [
        TestApp::manifest(folder.path().join("spin.toml")).unwrap(),
        TestApp::component(file)
            .unwrap()
            .allow_outbound_hosts(["http://api.test"])
            .unwrap(),
    ];
    check_rows(rows, |app| {
        let mocks = Mocks::new().expect(get(URL), text("mocked"));
        let app = app.clone().mocks(&mocks);
        let asked = json!({"method": "GET", "uri": URL});
        let response = block_on(app.request(ask(&[asked]))).unwrap();
        let outcomes: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(outcomes[0]["response"]["body"], base64("mocked"));
        assert_eq!(block_on(app.get("/echo")).unwrap().status(), 200);
    });
    let invalid = TestApp::manifest("no-such-folder").unwrap_err().to_string();
    assert!(invalid.contains("no-such-folder"), "{invalid}");
}

#[test]
#[should_panic(expected = "the application has mocks already; add the expectations to those")]
fn an_application_has_mocks_once() {
    let (first, second) = (Mocks::new(), Mocks::new());
    let app = TestApp::application(two_components(Limits::default()));
    drop(app.mocks(&first).mocks(&second));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
