//! The data of the suite: scenarios, known differences and their schemas.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spin_harness_cli::conformance::{KnownDifferences, Scenario, Suite};

use super::{folder, one_get_with, scenarios};
use test_support::golden::assert_golden;

/// Fewer would mean that files were lost.
const MIN_SCENARIOS: usize = 150;

fn conformance() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance")
}

/// Checks that a scenario is refused, and that the message names the file and every text.
#[track_caller]
fn check_invalid(scenario: &Value, texts: &[&str]) {
    let folder = folder(&[("it", scenario)]);
    let error = match Suite::read(folder.path()) {
        Ok(_) => panic!("it is accepted: {scenario}"),
        Err(error) => error.to_string(),
    };
    for text in texts.iter().chain(&["it.json: "]) {
        assert!(error.contains(text), "{text} in {error}");
    }
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
    for (pointer, text) in [
        ("/surprise", "unknown field `surprise`"),
        ("/requests/0/surprise", "unknown field `surprise`"),
        ("/upstream/0/surprise", "unknown field `surprise`"),
        ("/upstream/0/sees/surprise", "unknown field `surprise`"),
        ("/gets/0/surprise", "line 1"),
    ] {
        check_invalid(&one_get_with(pointer, json!(1)), &[text, "line 1 column "]);
    }
    let options = json!({"surprise": 1});
    check_invalid(
        &one_get_with("/options", options),
        &["unknown field `surprise`", "line 1"],
    );
}

#[test]
fn what_no_schema_says_is_checked_when_a_scenario_is_read() {
    check_invalid(
        &one_get_with("/gets", json!([])),
        &["1 `requests` and 0 `gets`"],
    );
    check_invalid(&one_get_with("/parallel", json!(0)), &["`parallel` is 0"]);
    for pointer in [
        "/requests/0/body",
        "/gets/0/body",
        "/upstream/0/sees/body",
        "/upstream/0/answers",
    ] {
        let body = json!({"base64": "not base64"});
        check_invalid(
            &one_get_with(pointer, body),
            &["`not base64` is not base64"],
        );
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for (file, schema) in [
        ("scenarios.schema.json", schemars::schema_for!(Scenario)),
        ("known.schema.json", schemars::schema_for!(KnownDifferences)),
    ] {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        assert_golden(&conformance().join(file), &format!("{text}\n"));
    }
}

#[test]
fn a_file_of_known_differences_is_read_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known.json");
    for text in [
        "{\"about\": \"a test\", \"differences\": {}, \"surprise\": 1}",
        "[]",
        "",
    ] {
        std::fs::write(&path, text).unwrap();
        let error = KnownDifferences::read(&path).expect_err(text).to_string();
        assert!(
            error.contains("known.json: ") && error.contains("line 1"),
            "{error}"
        );
    }
}

#[test]
fn what_is_known_of_a_host_names_portable_scenarios_and_of_a_language_any() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let names = |is_wanted: fn(&Scenario) -> bool| -> Vec<&str> {
        let wanted = suite.iter().filter(|(_, scenario)| is_wanted(scenario));
        wanted.map(|(name, _)| name).collect()
    };
    // A host that runs elsewhere is given the portable ones only; a language's probe runs here.
    let of_hosts = ["spin-4.1"];
    let mut n_hosts = 0;
    for entry in std::fs::read_dir(conformance().join("known")).unwrap() {
        let file = entry.unwrap().path();
        let known = KnownDifferences::read(&file).expect("it is valid");
        assert!(!known.about.is_empty() && !known.differences.is_empty());
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap();
        let listed = if of_hosts.contains(&stem) {
            n_hosts += 1;
            names(Scenario::is_portable)
        } else {
            names(|_| true)
        };
        assert_eq!(known.unknown(&listed), None, "{}", file.display());
    }
    assert_eq!(n_hosts, of_hosts.len());
}
