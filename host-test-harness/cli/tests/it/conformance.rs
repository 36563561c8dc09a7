//! The conformance suite and its runner: that the right scenarios pass, and that the wrong guests fail.

mod command;
mod data;
mod host;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};
use spin_harness_cli::conformance::{KnownDifferences, Probe, Subject, Suite, Verdict};
use tempfile::TempDir;

use test_support::guests::{block_on, probe_path};

/// How many trials run at a time, as on two cores.
const CONCURRENCY: usize = 2;

/// Loaded once, since each load makes a harness.
static WIRE: LazyLock<Probe> =
    LazyLock::new(|| Probe::load(&probe_path("wire_probe")).expect("the probe loads"));

/// The folder of the scenarios in the tree.
fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scenarios")
}

/// A folder with scenarios of a test.
fn folder(scenarios: &[(&str, &Value)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, scenario) in scenarios {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(path, scenario.to_string()).expect("the folder can be written");
    }
    folder
}

/// One request that is answered by 204, as the wire probe makes it.
fn one_get() -> Value {
    json!({
        "group": "calls",
        "source": "a test of the runner",
        "requests": [{"method": "GET", "uri": "http://{upstream}/"}],
        "gets": [{"status": 204, "headers": []}],
        "upstream": [{
            "sees": {"line": "GET / HTTP/1.1"},
            "answers": "HTTP/1.1 204 No Content\r\n\r\n",
        }],
    })
}

/// [`one_get`] with another value at a JSON pointer.
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

fn known(differences: &[(&str, &str)]) -> KnownDifferences {
    let differences = differences.iter();
    KnownDifferences {
        about: "a test".to_owned(),
        added_request_fields: Vec::new(),
        differences: differences
            .map(|(name, what)| ((*name).to_owned(), (*what).to_owned()))
            .collect(),
    }
}

/// Runs a suite with one probe, and returns the verdicts by name.
fn verdicts(suite: &Suite, probe: Probe, known: KnownDifferences) -> BTreeMap<String, Verdict> {
    let subject = Subject {
        name: "probe".to_owned(),
        probe,
        known,
    };
    let trials = block_on(suite.run(&[subject], CONCURRENCY, |_| {}));
    let trials = trials.into_iter();
    trials
        .map(|trial| (trial.scenario, trial.verdict))
        .collect()
}

/// Those that fail the run, with all that the runner tells of them.
fn failures(verdicts: &BTreeMap<String, Verdict>) -> Vec<(&str, &Verdict)> {
    let verdicts = verdicts.iter();
    verdicts
        .filter(|(_, verdict)| verdict.is_failure())
        .map(|(name, verdict)| (name.as_str(), verdict))
        .collect()
}

/// The verdict of one scenario with the wire probe.
fn verdict(scenario: &Value, known: KnownDifferences) -> Verdict {
    let folder = folder(&[("it", scenario)]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    verdicts(&suite, WIRE.clone(), known)
        .remove("it")
        .expect("it ran")
}

/// Checks that the scenario fails with the wire probe, and that the story has every text.
#[track_caller]
fn check_fails(scenario: &Value, texts: &[&str]) {
    let got = verdict(scenario, KnownDifferences::default());
    let Verdict::Failed(story) = got else {
        panic!("got {got:?}, want a failure with {texts:?}: {scenario}");
    };
    for text in texts {
        assert!(story.contains(text), "{text} in {story}\nof {scenario}");
    }
}

#[test]
fn the_rust_probe_passes_every_scenario() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let probe = Probe::load(&probe_path("rust_probe")).expect("the probe loads");
    let verdicts = verdicts(&suite, probe, KnownDifferences::default());
    assert_eq!(verdicts.len(), suite.names().count());
    let failures = failures(&verdicts);
    assert!(failures.is_empty(), "{failures:#?}");
    let otherwise = verdicts.values().find(|&got| *got != Verdict::Passed);
    assert_eq!(otherwise, None, "nothing is known or not applicable");
}

/// What a fault of an SDK must break, and what it must not.
struct Broken {
    fault: &'static str,
    fails: &'static [&'static str],
    passes: &'static [&'static str],
}

const FAULTS: [Broken; 5] = [
    Broken {
        fault: "drop-query",
        fails: &[
            "query_arrives_with_order_repetition_and_empty_parts",
            "empty_query_keeps_its_question_mark",
            "characters_of_a_query_are_kept",
        ],
        passes: &[
            "url_without_a_path_requests_the_root",
            "repeated_request_fields_arrive_in_order",
        ],
    },
    Broken {
        fault: "merge-headers",
        fails: &[
            "repeated_request_fields_arrive_in_order",
            "repeated_response_fields_arrive_in_order",
            "each_set_cookie_field_is_a_separate_value",
            "list_in_one_request_field_stays_one_value",
        ],
        passes: &[
            "fields_that_clients_often_set_are_sent_as_given",
            "query_arrives_with_order_repetition_and_empty_parts",
        ],
    },
    Broken {
        fault: "cut-body",
        fails: &[
            "a_response_body_is_read_by_its_content_length",
            "a_response_body_of_one_byte_arrives",
            "response_bodies_around_64_kib_arrive_whole",
        ],
        passes: &[
            "a_response_with_content_length_zero_has_an_empty_body",
            "a_request_body_of_one_byte_arrives",
        ],
    },
    Broken {
        fault: "swallow-error",
        fails: &[
            "a_refused_connection_is_a_runtime_error",
            "an_empty_allowed_outbound_hosts_permits_nothing",
            "host_and_port_without_a_scheme_are_an_invalid_url",
            "a_call_over_the_limit_is_too_many_requests",
        ],
        passes: &[
            "the_status_999_is_a_response",
            "a_response_body_is_read_by_its_content_length",
        ],
    },
    Broken {
        fault: "default-header",
        fails: &[
            "request_without_fields_gains_only_host",
            "a_request_body_adds_only_content_length",
            "get_arrives_as_get",
        ],
        passes: &[
            "a_refused_connection_is_a_runtime_error",
            "an_empty_allowed_outbound_hosts_permits_nothing",
        ],
    },
];

#[test]
fn each_mistake_of_an_sdk_fails_the_scenarios_that_it_breaks_and_no_others() {
    for Broken {
        fault,
        fails,
        passes,
    } in FAULTS
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in fails.iter().chain(passes) {
            let file = format!("{name}.json");
            let copied = std::fs::copy(scenarios().join(&file), folder.path().join(&file));
            copied.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let suite = Suite::read(folder.path()).expect("the scenarios are valid");
        let correct = verdicts(&suite, WIRE.clone(), KnownDifferences::default());
        assert_eq!(failures(&correct), [], "without {fault}");
        let faulty = WIRE.clone().env("FAULT", fault);
        let faulty = verdicts(&suite, faulty, KnownDifferences::default());
        let mut got: Vec<&str> = failures(&faulty)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let mut want = fails.to_vec();
        got.sort_unstable();
        want.sort_unstable();
        assert_eq!(got, want, "{fault}: {faulty:#?}");
    }
}

#[test]
fn a_scenario_of_one_request_passes() {
    let got = verdict(&one_get(), KnownDifferences::default());
    assert_eq!(got, Verdict::Passed);
}

#[test]
fn a_request_that_the_script_lacks_fails() {
    let mut scenario = one_get_with("/upstream", json!([]));
    scenario["gets"] = json!([{"error": "runtime-error"}]);
    check_fails(
        &scenario,
        &["the upstream: one request too many: GET / HTTP/1.1"],
    );
    let mut scenario = one_get_with("/requests/0/uri", json!("http://{other}/"));
    scenario["gets"] = json!([{"error": "runtime-error"}]);
    check_fails(
        &scenario,
        &["the other upstream: one request too many: GET / HTTP/1.1"],
    );
}

#[test]
fn a_request_that_does_not_arrive_fails() {
    let second = json!({"sees": {"line": "GET /second HTTP/1.1"}});
    check_fails(
        &one_get_with("/upstream/1", second.clone()),
        &["the upstream: 0 requests like `GET /second HTTP/1.1` arrived, want 1"],
    );
    check_fails(
        &one_get_with("/other", json!([second])),
        &["the other upstream: 0 requests like `GET /second HTTP/1.1` arrived, want 1"],
    );
}

#[test]
fn what_the_guest_gets_otherwise_fails_and_is_told() {
    for (pointer, value, text) in [
        ("/gets/0/status", json!(200), "status: got 204, want 200"),
        (
            "/gets/0/headers",
            json!([["x-a", "1"]]),
            "headers: got {}, want {\"x-a\": [\"1\"]}",
        ),
        ("/gets/0/body", json!("a"), "body: got 0 bytes, want 1"),
        (
            "/gets",
            json!([{"error": "runtime-error"}]),
            "got a response 204",
        ),
        (
            "/requests/0/uri",
            json!("http://{closed}/"),
            "got the error runtime-error",
        ),
    ] {
        check_fails(&one_get_with(pointer, value), &["request 1", text]);
    }
    let mut scenario = one_get_with("/requests/0/uri", json!("http://{closed}/a"));
    scenario["upstream"] = json!([]);
    scenario["gets"] = json!([{"error": "invalid-url", "url": "http://{closed}/b"}]);
    check_fails(
        &scenario,
        &[
            "error: got \"runtime-error\", want \"invalid-url\"",
            "URL of the error: got",
        ],
    );
}

#[test]
fn what_arrives_otherwise_fails_and_is_told() {
    for (pointer, value, text) in [
        (
            "/upstream/0/sees/line",
            json!("GET /a HTTP/1.1"),
            "request line: got \"GET / HTTP/1.1\"",
        ),
        (
            "/upstream/0/sees/headers",
            json!([["x-a", "1"]]),
            "headers: got {\"host\"",
        ),
        (
            "/requests/0/headers",
            json!([["x-a", "1"]]),
            "\"x-a\": [\"1\"]}, want {\"host\"",
        ),
        (
            "/upstream/0/sees/body",
            json!("a"),
            "body: got 0 bytes, want 1",
        ),
        ("/requests/0/body", json!("a"), "body: got 1 bytes, want 0"),
    ] {
        check_fails(
            &one_get_with(pointer, value),
            &["the upstream, request 1", text],
        );
    }
}

#[test]
fn the_order_of_the_values_of_a_name_counts_and_that_of_names_does_not() {
    let with = |sees: Value| {
        let headers = json!([["x-a", "1"], ["x-b", "2"], ["x-a", "3"]]);
        let mut scenario = one_get_with("/requests/0/headers", headers);
        scenario["upstream"][0]["sees"]["headers"] = sees;
        scenario
    };
    let same = with(json!([["x-b", "2"], ["x-a", "1"], ["x-a", "3"]]));
    assert_eq!(verdict(&same, known(&[])), Verdict::Passed);
    let other = with(json!([["x-a", "3"], ["x-b", "2"], ["x-a", "1"]]));
    check_fails(&other, &["\"x-a\": [\"1\", \"3\"]"]);
}

#[test]
fn a_failure_tells_what_was_asked_what_arrived_and_what_the_guest_got() {
    check_fails(
        &one_get_with("/gets/0/status", json!(200)),
        &[
            "the probe was asked: [{\"method\":\"GET\"",
            "an upstream saw: GET / HTTP/1.1\n    host: \"127.0.0.1:",
            "the guest got: a response 204",
        ],
    );
}

#[test]
fn a_probe_that_fails_is_a_failure_with_its_last_words() {
    let folder = folder(&[("it", &one_get())]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    let probe = WIRE.clone().env("FAULT", "none-such");
    let verdicts = verdicts(&suite, probe, KnownDifferences::default());
    let Verdict::Failed(story) = &verdicts["it"] else {
        panic!("{verdicts:?}");
    };
    assert!(story.contains("there is no fault none-such"), "{story}");
    assert!(
        story.contains("0 requests like `GET / HTTP/1.1`"),
        "{story}"
    );
}

#[test]
fn a_known_difference_does_not_fail_and_a_vanished_one_does() {
    let differs = one_get_with("/gets/0/status", json!(200));
    let listed = || known(&[("it", "it answers 204")]);
    let got = verdict(&differs, listed());
    assert_eq!(got, Verdict::Known("it answers 204".to_owned()));
    assert!(!got.is_failure());
    let got = verdict(&one_get(), listed());
    assert_eq!(got, Verdict::Vanished("it answers 204".to_owned()));
    assert!(got.is_failure());
    let got = verdict(&one_get(), known(&[("another", "it answers 204")]));
    assert_eq!(got, Verdict::Passed);
}

#[test]
fn fields_that_a_host_adds_to_every_request_are_not_looked_at() {
    let suite = Suite::embedded().unwrap().filtered("query");
    let adding = WIRE.clone().env("FAULT", "default-header");
    let known = KnownDifferences {
        added_request_fields: vec!["accept".to_owned()],
        ..KnownDifferences::default()
    };
    let correct = verdicts(&suite, WIRE.clone(), KnownDifferences::default());
    let ignored = verdicts(&suite, adding.clone(), known);
    let seen = verdicts(&suite, adding, KnownDifferences::default());
    assert!(correct.len() > 3);
    assert_eq!(ignored, correct);
    assert_ne!(seen, correct);
}
