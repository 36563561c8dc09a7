//! What guests answer when each of their calls fails in each way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::json;
use spin_harness::mocks::{Mocks, Unmatched, any, get, json as json_response, status, text};
use spin_harness::{Answer, Guest, KeyValue, Limits, Sweep, TestApp};
use test_support::guests::{allow, builder, services_probe, wire_probe, wire_probe_in};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};
use test_support::table::check_rows;

const URL: &str = "http://api.test/a";

/// The faults of a call whose response has a body that the guest reads.
const FAULTS: [&str; 21] = [
    "dns",
    "blocked-address",
    "refused",
    "unreachable",
    "too-many-connections",
    "tls-certificate",
    "tls-protocol",
    "reset",
    "incomplete",
    "malformed",
    "timeout-connect",
    "timeout-response-headers",
    "timeout-between-bytes",
    "timeout-whole-response",
    "stalled",
    "status-429",
    "status-500",
    "huge-headers",
    "cut-body",
    "stalled-body",
    "empty-body",
];

/// Sweeps under a paused clock, in which no timeout takes time.
fn sweep(app: &TestApp, request: Request<Bytes>) -> Sweep {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let really = Instant::now();
    let sweep = runtime.block_on(app.sweep(request)).unwrap();
    let really = really.elapsed();
    assert!(really < Duration::from_secs(20), "it took {really:?}");
    sweep
}

fn mocked(guest: Guest, mocks: &Mocks) -> TestApp {
    TestApp::guest(guest).mocks(mocks)
}

fn post(path: &str, body: &str) -> Request<Bytes> {
    Request::post(path)
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

/// The answer to each fault of the only call.
fn answers(sweep: &Sweep) -> BTreeMap<&str, (&'static str, Option<u16>)> {
    assert_eq!(sweep.calls.len(), 1, "{:?}", sweep.calls);
    let runs = sweep.runs.iter();
    runs.map(|run| {
        let status = run.answer.status().map(|status| status.as_u16());
        (run.fault.as_str(), (run.answer.as_str(), status))
    })
    .collect()
}

#[test]
fn each_call_fails_in_each_way_and_the_answer_is_told() {
    let rows = [
        // Passes on what it gets: an error is a 502.
        (
            "/relay",
            ("server-error", Some(502)),
            ("changed", Some(429)),
            ("server-error", Some(500)),
        ),
        // Does not look at the response.
        (
            "/careless",
            ("unchanged", Some(200)),
            ("unchanged", Some(200)),
            ("unchanged", Some(200)),
        ),
        // Calls once more.
        (
            "/retry",
            ("recovered", Some(200)),
            ("recovered", Some(200)),
            ("recovered", Some(200)),
        ),
    ];
    check_rows(rows, |(path, of_errors, of_429, of_500)| {
        let mocks = Mocks::new().expect(get(URL).times(1..=2), text("price"));
        let app = mocked(wire_probe(&["api.test"]), &mocks);
        let sweep = sweep(&app, post(path, URL));
        let got = answers(&sweep);
        let mut wrong = Vec::new();
        for fault in FAULTS {
            let want = match fault {
                "status-429" => *of_429,
                "status-500" => *of_500,
                "empty-body" if *path == "/relay" => ("changed", Some(200)),
                "empty-body" if *path == "/retry" => ("changed", Some(200)),
                _ => *of_errors,
            };
            if got.get(fault) != Some(&want) {
                wrong.push(format!("{fault}: got {:?}, want {want:?}", got.get(fault)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(got.len(), FAULTS.len(), "{got:?}");
        assert_eq!(
            sweep.response.body(),
            if *path == "/careless" {
                "done"
            } else {
                "price"
            }
        );
        // Only the run without a fault counts.
        assert_eq!(mocks.received().len(), 1);
    });
}

#[test]
fn a_guest_of_wasi_http_that_traps_or_hangs_is_a_problem() {
    let limits = Limits {
        wall_time: Duration::from_secs(20),
        ..Limits::default()
    };
    let guest = SPIN_SDK_5.guest_in(builder(limits), &["api.test"]);
    let mocks = Mocks::new().expect(get(URL), text("price"));
    let sweep = sweep(
        &mocked(guest, &mocks),
        Request::get(format!("/proxy?{URL}"))
            .body(Bytes::new())
            .unwrap(),
    );
    let got = answers(&sweep);
    // The guest expects a response, and streams its body.
    let rows = [
        ("refused", ("trap", None)),
        ("timeout-connect", ("trap", None)),
        ("huge-headers", ("trap", None)),
        ("stalled", ("hang", None)),
        ("status-500", ("server-error", Some(500))),
        ("status-429", ("changed", Some(429))),
        ("empty-body", ("changed", Some(200))),
    ];
    check_rows(rows, |(fault, want)| assert_eq!(got.get(fault), Some(want)));
    let stalled = sweep
        .runs
        .iter()
        .find(|run| run.fault == "stalled")
        .unwrap();
    assert_eq!(stalled.duration.as_secs(), 20);
    let trap = sweep
        .runs
        .iter()
        .find(|run| run.fault == "refused")
        .unwrap();
    assert!(
        matches!(&trap.answer, Answer::Trap { message } if message.contains("published")),
        "{trap:?}"
    );
    assert!(
        sweep
            .problems()
            .all(|run| matches!(run.answer, Answer::Trap { .. } | Answer::Hang))
    );
    assert!(sweep.problems().count() >= 15);
}

#[test]
fn an_error_code_instead_of_a_response_is_a_server_error() {
    let mocks = Mocks::new().expect(get(URL), text("price"));
    let app = mocked(SPIN_SDK_7.guest(&["api.test"]), &mocks);
    let request = Request::get(format!("/proxy?{URL}")).body(Bytes::new());
    let sweep = sweep(&app, request.unwrap());
    let got = answers(&sweep);
    let rows = ["refused", "timeout-connect", "stalled", "status-500"];
    check_rows(rows, |fault| {
        assert_eq!(got.get(fault), Some(&("server-error", Some(500))));
    });
}

#[test]
fn each_run_begins_with_the_stores_as_they_were() {
    let stores = KeyValue::default();
    let guest = services_probe()
        .key_value(&stores, ["default"])
        .allow_list(allow(&["api.test"]));
    let mocks = Mocks::new().expect(any(), text(""));
    let app = mocked(guest, &mocks);
    let request = Request::get(format!("/visit?{URL}")).body(Bytes::new());
    let sweep = sweep(&app, request.unwrap());
    assert_eq!(sweep.response.body(), "visit 1");
    let unchanged = Answer::Unchanged(StatusCode::OK);
    assert!(
        sweep.runs.iter().all(|run| run.answer == unchanged),
        "{sweep:?}"
    );
    // Only the run without a fault counts.
    assert_eq!(stores.get("default", "visits").as_deref(), Some(&b"x"[..]));
}

#[test]
fn the_calls_are_told_apart_by_method_url_and_number() {
    let mocks = Mocks::new()
        .expect(get(URL).times(2), [text("1"), status(204)])
        .expect(
            get("http://api.test/b").times(1),
            status(302).header("location", "/c"),
        )
        .expect(get("http://api.test/c").times(1), json_response(&json!({})));
    let asked = json!([
        {"method": "GET", "uri": URL},
        {"method": "GET", "uri": "http://api.test/b"},
        {"method": "GET", "uri": URL},
    ]);
    let app = mocked(wire_probe(&["api.test"]), &mocks);
    let sweep = sweep(&app, post("/", &asked.to_string()));
    let calls: Vec<String> = sweep.calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "wire-probe: GET http://api.test/a",
            "wire-probe: GET http://api.test/b",
            "wire-probe: GET http://api.test/c",
            "wire-probe: GET http://api.test/a (call 2)",
        ]
    );
    // What has no body cannot have it cut.
    let n_runs = calls.iter().map(|call| {
        sweep
            .runs
            .iter()
            .filter(|run| run.call.to_string() == *call)
            .count()
    });
    assert_eq!(n_runs.collect::<Vec<_>>(), [21, 18, 21, 18]);
    assert!(
        sweep
            .runs
            .iter()
            .all(|run| run.answer == Answer::Changed(StatusCode::OK))
    );
}

#[test]
fn a_guest_that_makes_no_call_has_no_runs() {
    let mocks = Mocks::new();
    let sweep = sweep(&mocked(wire_probe(&[]), &mocks), post("/echo", ""));
    assert_eq!((sweep.calls.len(), sweep.runs.len()), (0, 0));
}

#[test]
fn an_application_that_fails_without_a_fault_is_an_error() {
    let mocks = Mocks::new();
    let app = mocked(wire_probe(&[]), &mocks);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(app.sweep(post("/panic", ""))).unwrap_err();
    assert_eq!(error.kind(), spin_harness::ErrorKind::Trap);
}

#[test]
fn an_application_is_mocked_if_nothing_goes_to_the_network() {
    let strict = Mocks::new();
    let open = Mocks::new().unmatched(Unmatched::Network);
    let in_harness = |mocks: &Mocks| wire_probe_in(builder(Limits::default()).mocks(mocks), &[]);
    let rows = [
        ("none", TestApp::guest(wire_probe(&[])), false),
        ("strict", mocked(wire_probe(&[]), &strict), true),
        ("open", mocked(wire_probe(&[]), &open), false),
        ("harness", TestApp::guest(in_harness(&strict)), true),
        (
            "open before the harness's",
            mocked(in_harness(&strict), &open),
            true,
        ),
    ];
    check_rows(rows, |(_, app, want)| assert_eq!(app.is_mocked(), *want));
}
