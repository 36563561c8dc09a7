//! Tests of the data of the suite: scenarios, expected failures and their schemas.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spin_harness_cli::conformance::{Backend, ExpectedFailures, Scenario, Suite};

use super::{folder, one_get_with, scenarios};
use test_support::golden::assert_golden;

/// Fewer would mean that files were lost.
const MIN_SCENARIOS: usize = 400;

fn conformance() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance")
}

/// Checks that each scenario of a table is rejected, and that the message has the file and every text.
#[track_caller]
fn check_invalid(rows: &[(Value, &[&str])]) {
    let mut problems = Vec::new();
    for (scenario, texts) in rows {
        let folder = folder(&[("it", scenario)]);
        let error = match Suite::read(folder.path()) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut wanted = texts.iter().chain(&["it.json: "]);
        if !wanted.all(|text| error.contains(text)) {
            problems.push(format!("got {error}, want {texts:?}: {scenario}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_scenarios_of_the_folder_are_those_built_in() {
    let suite = Suite::read(&scenarios()).expect("the scenarios are valid");
    let embedded = Suite::embedded().expect("the scenarios are valid");
    let names: Vec<&str> = suite.names().collect();
    assert_eq!(embedded.names().collect::<Vec<_>>(), names);
    assert!(names.len() >= MIN_SCENARIOS, "{}", names.len());
    for name in names {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(name.bytes().all(is_plain) && name.contains('_'), "{name}");
    }
}

#[test]
fn an_unknown_field_is_an_error_with_file_and_line() {
    let rows = [
        ("/surprise", json!(1)),
        ("/requests/0/surprise", json!(1)),
        ("/options", json!({"surprise": 1})),
        ("/upstream/0/surprise", json!(1)),
        ("/upstream/0/request/surprise", json!(1)),
    ];
    let rows = rows.map(|(pointer, value)| -> (Value, &[&str]) {
        let scenario = one_get_with(pointer, value);
        (scenario, &["unknown field `surprise`", "line 1 column "])
    });
    check_invalid(&rows);
    // Of these, an object may be one of several types, and serde names no field.
    let rows = [
        ("/expect/0/surprise", json!(1)),
        ("/requests/0/body", json!({"base64": "", "surprise": 1})),
        ("/expect/0/body", json!({"base64": "", "surprise": 1})),
        (
            "/upstream/0/response",
            json!([{"pause_ms": 1, "surprise": 1}]),
        ),
        (
            "/upstream/0/response",
            json!({"repeat": "", "times": 1, "surprise": 1}),
        ),
    ];
    let one_of_several = rows.map(|(pointer, value)| -> (Value, &[&str]) {
        (one_get_with(pointer, value), &["line 1 column "])
    });
    check_invalid(&one_of_several);
}

#[test]
fn rules_that_the_schema_cannot_express_are_checked() {
    let mut rows: Vec<(Value, &[&str])> = vec![
        (
            one_get_with("/expect", json!([])),
            &["`requests` has 1 entries and `expect` has 0"],
        ),
        (one_get_with("/parallel", json!(0)), &["`parallel` is 0"]),
        (
            one_get_with("/requests/0/follow_redirects", json!(false)),
            &["`follow_redirects`", "`\"backend\": \"wasi-http\"`"],
        ),
    ];
    for pointer in [
        "/requests/0/body",
        "/expect/0/body",
        "/upstream/0/request/body",
        "/upstream/0/response",
    ] {
        let body = json!({"base64": "not base64"});
        rows.push((one_get_with(pointer, body), &["`not base64` is not base64"]));
    }
    check_invalid(&rows);
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for (file, schema) in [
        ("scenarios.schema.json", schemars::schema_for!(Scenario)),
        (
            "expected-failures.schema.json",
            schemars::schema_for!(ExpectedFailures),
        ),
    ] {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        assert_golden(&conformance().join(file), &format!("{text}\n"));
    }
}

#[test]
fn an_expected_failures_file_is_read_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expected.json");
    for text in [
        "{\"about\": \"a test\", \"failures\": {}, \"surprise\": 1}",
        "[]",
        "",
    ] {
        std::fs::write(&path, text).unwrap();
        let error = ExpectedFailures::read(&path).expect_err(text).to_string();
        assert!(
            error.contains("expected.json: ") && error.contains("line 1"),
            "{error}"
        );
    }
}

#[test]
fn every_expected_failure_names_a_scenario_that_the_host_or_language_runs() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    // A host that runs elsewhere gets only the portable scenarios; the probe of a language runs in this harness.
    let hosts = ["spin-4.1", "wasmtime-48"];
    let mut n_of_hosts = 0;
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(conformance().join("expected-failures")).unwrap() {
        let file = entry.unwrap().path();
        let expected = ExpectedFailures::read(&file).expect("the file is valid");
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap();
        let is_of_host = hosts.iter().any(|host| stem.starts_with(host));
        n_of_hosts += usize::from(is_of_host);
        let other_backend = if stem.starts_with("wasmtime") || stem.ends_with("-wasi") {
            Backend::Spin
        } else {
            Backend::WasiHttp
        };
        let scenarios = suite.iter().filter(|(_, scenario)| {
            scenario.backend != Some(other_backend) && (!is_of_host || scenario.is_portable())
        });
        let run: Vec<&str> = scenarios.map(|(name, _)| name).collect();
        let unknown = expected.unknown_names(&run);
        problems.extend(unknown.map(|name| format!("{stem}: {name} is not run")));
        if expected.about.is_empty() || expected.failures.is_empty() {
            problems.push(format!("{stem}: `about` or `failures` is empty"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(n_of_hosts >= hosts.len(), "a host has no file");
}

/// The scenarios that a page names: words in backticks with at least three underscores.
#[test]
fn every_scenario_that_the_documentation_names_exists() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let known: Vec<&str> = suite.names().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut problems = Vec::new();
    let mut n_named = 0;
    for page in [
        "ARCHITECTURE.md",
        "sdk-rust/README.md",
        "sdk-go-shim/README.md",
    ] {
        let text = std::fs::read_to_string(root.join(page)).expect("the page is text");
        let quoted = text.split('`').skip(1).step_by(2);
        for name in quoted.filter(|name| name.matches('_').count() >= 3) {
            n_named += 1;
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if is_name && name == name.to_ascii_lowercase() && !known.contains(&name) {
                problems.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(n_named > 0, "no page names a scenario");
}
