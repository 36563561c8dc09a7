//! Tests of the command `spin-harness conformance`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{folder, host, one_get, one_get_with, scenarios};
use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::golden::assert_golden;
use test_support::guests::probe_path;

fn conformance(arguments: &[&str]) -> Ran {
    ran(spin_harness().arg("conformance").args(arguments))
}

/// Runs the scenarios of a folder with the wire probe.
fn wire(scenarios: &Path, arguments: &[&str]) -> Ran {
    let guest = format!("wire={}", probe_path("wire_probe").display());
    let mut command = spin_harness();
    command.args(["conformance", "--guest", &guest, "--scenarios"]);
    ran(command.arg(scenarios).args(arguments))
}

/// An expected-failures file that lists scenarios.
fn expected_failures_file(names: &[&str]) -> NamedTempFile {
    let names = names.iter();
    let failures: BTreeMap<_, _> = names.map(|name| (name, "a reason")).collect();
    let text = json!({"about": "a test", "failures": failures}).to_string();
    let file = NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("the file can be written");
    file
}

#[test]
fn the_help_is_that_of_the_golden_file() {
    let ran = ran(spin_harness()
        .args(["conformance", "--help"])
        .env("COLUMNS", "100"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    assert_golden(&golden.join("help-conformance.txt"), &ran.stdout);
}

#[test]
fn each_trial_has_a_line_and_each_probe_a_summary() {
    let folder = folder(&[("first", &one_get()), ("second", &one_get())]);
    let ran = wire(folder.path(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for text in [
        "ok               wire first (",
        "ok               wire second (",
        "\nwire: 2 ok\n",
        "2 trials in ",
    ] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
}

#[test]
fn a_failing_trial_exits_1_and_prints_the_command_that_repeats_it() {
    let differs = one_get_with("/expect/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let ran = wire(folder.path(), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for text in [
        "FAILED           wire differs (",
        "status: got 204, want 200",
        "\nwire: 1 FAILED, 1 ok\n",
    ] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
    let command = ran
        .stdout
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("repeat: spin-harness "));
    let command: Vec<&str> = command.expect("it is printed").split(' ').collect();
    let ran = test_support::command::ran(spin_harness().args(command));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("\nwire: 1 FAILED\n"), "{}", ran.stdout);
}

#[test]
fn an_unexpected_pass_exits_1_and_an_expected_failure_0() {
    let differs = one_get_with("/expect/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    for (name, code, texts) in [
        (
            "differs",
            0,
            &[
                "expected failure wire differs (",
                "\nwire: 1 expected failure\n",
            ],
        ),
        (
            "same",
            1,
            &[
                "UNEXPECTED PASS  wire same (",
                "remove it from the expected-failures file",
            ],
        ),
    ] {
        let file = expected_failures_file(&[name]);
        let path = file.path().to_str().unwrap();
        let ran = wire(folder.path(), &["--expected-failures", path, name]);
        assert_eq!(
            ran.code,
            Some(code),
            "{name}: {} {}",
            ran.stdout,
            ran.stderr
        );
        for text in texts {
            assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
        }
    }
}

#[test]
fn expected_failures_of_a_named_probe_do_not_apply_to_another() {
    let folder = folder(&[("differs", &one_get_with("/expect/0/status", json!(200)))]);
    let file = expected_failures_file(&["differs"]);
    let other = format!("other={}", probe_path("wire_probe").display());
    let of_other = format!("other={}", file.path().display());
    let ran = wire(
        folder.path(),
        &["--guest", &other, "--expected-failures", &of_other],
    );
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    for text in ["\nother: 1 expected failure\n", "\nwire: 1 FAILED\n"] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
}

#[test]
fn a_served_probe_is_driven_by_its_url() {
    let listed = one_get_with("/allowed_outbound_hosts", json!(["http://{upstream}"]));
    let folder = folder(&[("listed", &listed), ("same", &one_get())]);
    let served = host::serve();
    let folder = folder.path().to_str().unwrap();
    let ran = conformance(&["--scenarios", folder, "--host", &host::url(&served)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("\nhost: 1 n/a, 1 ok\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn list_prints_the_names_and_needs_no_probe() {
    let ran = conformance(&["--list"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut want: Vec<String> = std::fs::read_dir(scenarios())
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    want.sort_unstable();
    let got: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(got, want, "the built-in scenarios are those of the folder");
    let ran = conformance(&["--list", "arrives_as_get"]);
    assert_eq!(ran.stdout, "get_arrives_as_get\n");
}

#[test]
fn json_on_stdout_is_the_only_output_there() {
    let differs = one_get_with("/expect/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let ran = wire(folder.path(), &["--json", "-"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).expect("stdout is JSON");
    let line = |index: usize| {
        let text = |name: &str| json[index][name].as_str().unwrap_or_default().to_owned();
        [
            text("subject"),
            text("scenario"),
            text("group"),
            text("verdict"),
        ]
    };
    assert_eq!(line(0), ["wire", "differs", "calls", "failed"]);
    assert_eq!(line(1), ["wire", "same", "calls", "passed"]);
    let detail = json[0]["detail"]
        .as_str()
        .expect("a failed trial has details");
    assert!(detail.contains("status: got 204, want 200"), "{detail}");
    assert!(json[1]["duration_ms"].is_u64(), "{json}");
    assert!(json[1].get("detail").is_none(), "{json}");
}

#[test]
fn two_runs_write_the_same_report() {
    let differs = one_get_with("/expect/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let reports = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = reports.path().join(name);
        let ran = wire(folder.path(), &["--report", path.to_str().unwrap()]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        std::fs::read_to_string(path).unwrap()
    };
    let report = write("first.md");
    assert_eq!(report, write("second.md"));
    for line in [
        "| group | wire |",
        "| calls | 1 of 2, 1 failed |",
        "| all | 1 of 2, 1 failed |",
    ] {
        assert!(report.contains(line), "{line} in {report}");
    }
}

#[test]
fn wrong_usage_exits_2_and_names_the_problem() {
    let folder = folder(&[("same", &one_get())]);
    let scenarios = folder.path().to_str().unwrap();
    let guest = format!("wire={}", probe_path("wire_probe").display());
    let unknown = expected_failures_file(&["none_such", "nor_this"]);
    let unknown = unknown.path().to_str().unwrap();
    let empty = expected_failures_file(&[]);
    let empty = empty.path().to_str().unwrap();
    let of_none_such = format!("none-such={empty}");
    let option = "--expected-failures";
    let mut problems = Vec::new();
    for (arguments, text) in [
        (&[][..], "no probe given"),
        (&["--guest", "wire"], "expected NAME=PROBE.wasm"),
        (&["--guest", "=a.wasm"], "expected NAME=PROBE.wasm"),
        (
            &["--guest", &guest, "none_such"],
            "no scenario's name contains `none_such`",
        ),
        (
            &["--guest", &guest, option, unknown],
            "unknown scenario `none_such`, `nor_this`",
        ),
        (
            &["--guest", &guest, option, &of_none_such],
            "add `--guest none-such=PROBE.wasm`",
        ),
        (&["--host", "not a url"], "--host"),
        (&["--guest", &guest, "--backend", "wasi-http"], "--host"),
    ] {
        let ran = conformance(&[&["--scenarios", scenarios][..], arguments].concat());
        if ran.code != Some(2) || !ran.stderr.contains(text) {
            problems.push(format!(
                "{arguments:?}: got {:?} {}{}, want 2 and {text}",
                ran.code, ran.stdout, ran.stderr
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn an_unreadable_file_exits_1_and_is_named() {
    let guest = format!("wire={}", probe_path("wire_probe").display());
    for option in ["--scenarios", "--expected-failures"] {
        let ran = conformance(&["--guest", &guest, option, "no/such"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("no/such: "), "{}", ran.stderr);
    }
    let ran = conformance(&["--guest", "wire=no/such.wasm"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("no/such.wasm"), "{}", ran.stderr);
}
