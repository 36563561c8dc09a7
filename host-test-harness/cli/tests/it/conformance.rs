//! Tests of the conformance runner: correct guests pass, and every deviation fails with a report.

mod command;
mod data;
mod faults;
mod host;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};
use spin_harness_cli::conformance::{Backend, ExpectedFailures, Probe, Subject, Suite, Verdict};
use tempfile::TempDir;

use test_support::guests::{block_on, probe_path};

/// The number of concurrent trials, as on two cores.
const CONCURRENCY: usize = 2;

/// Loaded once, since each load builds a harness.
static WIRE: LazyLock<Probe> =
    LazyLock::new(|| Probe::load(&probe_path("wire_probe")).expect("the probe loads"));

/// The folder of the built-in scenarios.
fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scenarios")
}

/// A temporary folder with the given scenarios.
fn folder(scenarios: &[(&str, &Value)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, scenario) in scenarios {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(path, scenario.to_string()).expect("the folder can be written");
    }
    folder
}

/// A scenario with one request and the response 204, which the wire probe passes.
fn one_get() -> Value {
    json!({
        "group": "calls",
        "source": "a test of the runner",
        "requests": [{"method": "GET", "uri": "http://{upstream}/"}],
        "expect": [{"status": 204, "headers": []}],
        "upstream": [{
            "request": {"line": "GET / HTTP/1.1"},
            "response": "HTTP/1.1 204 No Content\r\n\r\n",
        }],
    })
}

/// [`one_get`] with a different value at a JSON pointer.
fn one_get_with(pointer: &str, value: Value) -> Value {
    let mut scenario = one_get();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = scenario.pointer_mut(parent).expect("it is in the scenario");
    if let Value::Array(items) = parent {
        items.push(value);
    } else {
        parent[name] = value;
    }
    scenario
}

fn expected_failures(failures: &[(&str, &str)]) -> ExpectedFailures {
    let failures = failures.iter();
    ExpectedFailures {
        about: "a test".to_owned(),
        added_request_fields: Vec::new(),
        failures: failures
            .map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned()))
            .collect(),
    }
}

/// Runs a suite with one probe, and returns the verdicts by name.
fn verdicts(
    suite: &Suite,
    probe: Probe,
    expected_failures: ExpectedFailures,
) -> BTreeMap<String, Verdict> {
    let subject = Subject {
        name: "probe".to_owned(),
        probe,
        expected_failures,
    };
    let trials = block_on(suite.run(&[subject], CONCURRENCY, |_| {}));
    let trials = trials.into_iter();
    trials
        .map(|trial| (trial.scenario, trial.verdict))
        .collect()
}

/// The verdicts that fail the run, by scenario.
fn failures(verdicts: &BTreeMap<String, Verdict>) -> Vec<(&str, &Verdict)> {
    let verdicts = verdicts.iter();
    verdicts
        .filter(|(_, verdict)| verdict.is_failure())
        .map(|(name, verdict)| (name.as_str(), verdict))
        .collect()
}

/// The verdict of one scenario with the wire probe.
fn verdict(scenario: &Value, expected_failures: ExpectedFailures) -> Verdict {
    let folder = folder(&[("it", scenario)]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    verdicts(&suite, WIRE.clone(), expected_failures)
        .remove("it")
        .expect("it ran")
}

/// Checks that the scenario fails with the wire probe, and that the report contains every text.
#[track_caller]
fn check_fails(scenario: &Value, texts: &[&str]) {
    check_all_fail(&[(scenario.clone(), texts)]);
}

/// [`check_fails`] for each row of a table.
#[track_caller]
fn check_all_fail(rows: &[(Value, &[&str])]) {
    let mut problems = Vec::new();
    for (scenario, texts) in rows {
        let got = verdict(scenario, ExpectedFailures::default());
        let Verdict::Failed(report) = got else {
            problems.push(format!("got {got:?}, want a failure: {scenario}"));
            continue;
        };
        let missing: Vec<_> = texts
            .iter()
            .filter(|text| !report.contains(**text))
            .collect();
        if !missing.is_empty() {
            problems.push(format!("{missing:?} not in {report}\nof {scenario}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_rust_probe_passes_every_scenario() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let probe = Probe::load(&probe_path("rust_probe")).expect("the probe loads");
    let verdicts = verdicts(&suite, probe, ExpectedFailures::default());
    assert_eq!(verdicts.len(), suite.names().count());
    let failures = failures(&verdicts);
    assert!(failures.is_empty(), "{failures:#?}");
    let wrong: Vec<_> = suite
        .iter()
        .map(|(name, scenario)| match scenario.backend {
            Some(Backend::WasiHttp) => (name, Verdict::NotApplicable),
            Some(Backend::Spin) | None => (name, Verdict::Passed),
        })
        .filter(|(name, want)| verdicts[*name] != *want)
        .collect();
    assert!(wrong.is_empty(), "name, want: {wrong:#?}");
}

#[test]
fn a_scenario_of_one_request_passes() {
    let got = verdict(&one_get(), ExpectedFailures::default());
    assert_eq!(got, Verdict::Passed);
}

#[test]
fn a_request_that_is_not_in_the_script_fails() {
    let mut scenario = one_get_with("/upstream", json!([]));
    scenario["expect"] = json!([{"error": "runtime-error"}]);
    check_fails(
        &scenario,
        &["the upstream: unexpected request: GET / HTTP/1.1"],
    );
    let mut scenario = one_get_with("/requests/0/uri", json!("http://{other}/"));
    scenario["expect"] = json!([{"error": "runtime-error"}]);
    check_fails(
        &scenario,
        &["the other upstream: unexpected request: GET / HTTP/1.1"],
    );
}

#[test]
fn a_request_that_does_not_arrive_fails() {
    let second = json!({"request": {"line": "GET /second HTTP/1.1"}});
    check_fails(
        &one_get_with("/upstream/1", second.clone()),
        &["the upstream: received `GET /second HTTP/1.1` 0 times, want 1"],
    );
    check_fails(
        &one_get_with("/other", json!([second])),
        &["the other upstream: received `GET /second HTTP/1.1` 0 times, want 1"],
    );
}

#[test]
fn an_unexpected_outcome_fails_and_is_reported() {
    let mut other_error = one_get_with("/requests/0/uri", json!("http://{closed}/a"));
    other_error["upstream"] = json!([]);
    other_error["expect"] = json!([{"error": "invalid-url", "url": "http://{closed}/b"}]);
    check_all_fail(&[
        (
            one_get_with("/expect/0/status", json!(200)),
            &["request 1, status: got 204, want 200"],
        ),
        (
            one_get_with("/expect/0/headers", json!([["x-a", "1"]])),
            &["request 1, headers: got {}, want {\"x-a\": [\"1\"]}"],
        ),
        (
            one_get_with("/expect/0/body", json!("a")),
            &["request 1, body: got 0 bytes, want 1"],
        ),
        (
            one_get_with("/expect", json!([{"error": "runtime-error"}])),
            &[
                "request 1: got a response 204",
                "want the error runtime-error",
            ],
        ),
        (
            one_get_with("/requests/0/uri", json!("http://{closed}/")),
            &[
                "request 1: got the error runtime-error",
                "want a response 204",
            ],
        ),
        (
            other_error,
            &[
                "request 1, error: got \"runtime-error\", want \"invalid-url\"",
                "request 1, URL of the error: got",
            ],
        ),
    ]);
}

#[test]
fn an_unexpected_request_fails_and_is_reported() {
    check_all_fail(&[
        (
            one_get_with("/upstream/0/request/line", json!("GET /a HTTP/1.1")),
            &["the upstream, request 1, request line: got \"GET / HTTP/1.1\""],
        ),
        (
            one_get_with("/upstream/0/request/headers", json!([["x-a", "1"]])),
            &["the upstream, request 1, headers: got {\"host\""],
        ),
        (
            one_get_with("/requests/0/headers", json!([["x-a", "1"]])),
            &[
                "the upstream, request 1",
                "\"x-a\": [\"1\"]}, want {\"host\"",
            ],
        ),
        (
            one_get_with("/upstream/0/request/body", json!("a")),
            &["the upstream, request 1, body: got 0 bytes, want 1"],
        ),
        (
            one_get_with("/requests/0/body", json!("a")),
            &["the upstream, request 1, body: got 1 bytes, want 0"],
        ),
    ]);
}

#[test]
fn the_values_of_a_name_are_compared_in_order_and_names_in_any_order() {
    let with = |expected: Value| {
        let headers = json!([["x-a", "1"], ["x-b", "2"], ["x-a", "3"]]);
        let mut scenario = one_get_with("/requests/0/headers", headers);
        scenario["upstream"][0]["request"]["headers"] = expected;
        scenario
    };
    let same = with(json!([["x-b", "2"], ["x-a", "1"], ["x-a", "3"]]));
    assert_eq!(verdict(&same, expected_failures(&[])), Verdict::Passed);
    let other = with(json!([["x-a", "3"], ["x-b", "2"], ["x-a", "1"]]));
    check_fails(&other, &["\"x-a\": [\"1\", \"3\"]"]);
}

#[test]
fn a_report_has_the_requests_and_the_outcomes() {
    check_fails(
        &one_get_with("/expect/0/status", json!(200)),
        &[
            "the probe received: [{\"method\":\"GET\"",
            "an upstream received: GET / HTTP/1.1\n    host: \"127.0.0.1:",
            "the guest got: a response 204",
        ],
    );
}

#[test]
fn the_report_of_a_probe_that_traps_has_its_stderr() {
    let folder = folder(&[("it", &one_get())]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    let probe = WIRE.clone().env("FAULT", "none-such");
    let verdicts = verdicts(&suite, probe, ExpectedFailures::default());
    let Verdict::Failed(report) = &verdicts["it"] else {
        panic!("{verdicts:?}");
    };
    assert!(report.contains("fault none-such"), "{report}");
    assert!(
        report.contains("received `GET / HTTP/1.1` 0 times"),
        "{report}"
    );
}

#[test]
fn an_expected_failure_does_not_fail_the_run_and_an_unexpected_pass_does() {
    const REASON: &str = "the upstream responds with 204";
    let reason = || REASON.to_owned();
    let differs = one_get_with("/expect/0/status", json!(200));
    let listed = || expected_failures(&[("it", REASON)]);
    let got = verdict(&differs, listed());
    assert_eq!(got, Verdict::ExpectedFailure(reason()));
    assert!(!got.is_failure());
    let got = verdict(&one_get(), listed());
    assert_eq!(got, Verdict::UnexpectedPass(reason()));
    assert!(got.is_failure());
    let got = verdict(&one_get(), expected_failures(&[("another", REASON)]));
    assert_eq!(got, Verdict::Passed);
}

#[test]
fn fields_that_a_host_adds_to_every_request_are_ignored() {
    let suite = Suite::embedded().unwrap().filtered("query");
    let adding = WIRE.clone().env("FAULT", "default-header");
    let expected_failures = ExpectedFailures {
        added_request_fields: vec!["accept".to_owned()],
        ..ExpectedFailures::default()
    };
    let correct = verdicts(&suite, WIRE.clone(), ExpectedFailures::default());
    let ignored = verdicts(&suite, adding.clone(), expected_failures);
    let compared = verdicts(&suite, adding, ExpectedFailures::default());
    assert!(correct.len() > 3);
    assert_eq!(ignored, correct);
    assert_ne!(compared, correct);
}
