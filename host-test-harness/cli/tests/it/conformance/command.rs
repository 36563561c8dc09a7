//! `spin-harness conformance`, as a user calls it.

use std::path::Path;

use serde_json::{Value, json};

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

#[test]
fn the_help_is_as_it_was_reviewed() {
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
        "ok       wire first (",
        "ok       wire second (",
        "\nwire: 2 ok\n",
        "2 trials in ",
    ] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
}

#[test]
fn a_failing_trial_exits_1_and_prints_the_command_that_repeats_it() {
    let differs = one_get_with("/gets/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let ran = wire(folder.path(), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for text in [
        "FAILED   wire differs (",
        "status: got 204, want 200",
        "\nwire: 1 FAILED, 1 ok\n",
    ] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
    let again = ran
        .stdout
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("again: spin-harness "));
    let again: Vec<&str> = again.expect("it is printed").split(' ').collect();
    let ran = test_support::command::ran(spin_harness().args(again));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("\nwire: 1 FAILED\n"), "{}", ran.stdout);
}

#[test]
fn a_vanished_difference_exits_1_and_a_known_one_0() {
    let differs = one_get_with("/gets/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let known = file.path().to_str().unwrap();
    for (name, code, text) in [
        ("differs", 0, "known    wire differs ("),
        ("same", 1, "remove it from the file of known differences"),
    ] {
        let differences = json!({"about": "a test", "differences": {name: "otherwise"}});
        std::fs::write(known, differences.to_string()).unwrap();
        let ran = wire(folder.path(), &["--known", known, name]);
        assert_eq!(
            ran.code,
            Some(code),
            "{name}: {} {}",
            ran.stdout,
            ran.stderr
        );
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
}

#[test]
fn what_is_known_of_one_probe_is_not_known_of_another() {
    let folder = folder(&[("differs", &one_get_with("/gets/0/status", json!(200)))]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let differences = json!({"about": "a test", "differences": {"differs": "otherwise"}});
    std::fs::write(file.path(), differences.to_string()).unwrap();
    let other = format!("other={}", probe_path("wire_probe").display());
    let known = format!("other={}", file.path().display());
    let ran = wire(folder.path(), &["--guest", &other, "--known", &known]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    for text in ["\nother: 1 known\n", "\nwire: 1 FAILED\n"] {
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
    assert_eq!(got, want, "what is built in is what the folder has");
    let ran = conformance(&["--list", "arrives_as_get"]);
    assert_eq!(ran.stdout, "get_arrives_as_get\n");
}

#[test]
fn json_on_stdout_is_all_that_stands_there() {
    let differs = one_get_with("/gets/0/status", json!(200));
    let folder = folder(&[("differs", &differs), ("same", &one_get())]);
    let ran = wire(folder.path(), &["--json", "-"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).expect("JSON and nothing else");
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
    let detail = json[0]["detail"].as_str().expect("what failed");
    assert!(detail.contains("status: got 204, want 200"), "{detail}");
    assert!(json[1]["duration_ms"].is_u64(), "{json}");
    assert!(json[1].get("detail").is_none(), "{json}");
}

#[test]
fn the_report_is_the_same_whenever_it_is_written() {
    let differs = one_get_with("/gets/0/status", json!(200));
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
fn wrong_usage_exits_2_and_names_what_is_wrong() {
    let folder = folder(&[("same", &one_get())]);
    let scenarios = folder.path().to_str().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let known = file.path().to_str().unwrap();
    let unknown = json!({"about": "a test", "differences": {"none_such": "otherwise"}});
    std::fs::write(known, unknown.to_string()).unwrap();
    let guest = format!("wire={}", probe_path("wire_probe").display());
    let empty = tempfile::NamedTempFile::new().unwrap();
    let nothing = json!({"about": "a test", "differences": {}});
    std::fs::write(empty.path(), nothing.to_string()).unwrap();
    let empty = empty.path().to_str().unwrap();
    let of_none_such = format!("none-such={empty}");
    for (arguments, text) in [
        (&[][..], "name a probe"),
        (&["--guest", "wire"], "write NAME=PROBE.wasm"),
        (&["--guest", "=a.wasm"], "write NAME=PROBE.wasm"),
        (
            &["--guest", &guest, "none_such"],
            "no scenario's name contains `none_such`",
        ),
        (
            &["--guest", &guest, "--known", known],
            "there is no scenario `none_such`",
        ),
        (
            &["--guest", &guest, "--known", &of_none_such],
            "give `--guest none-such=PROBE.wasm` too",
        ),
        (
            &["--guest", &guest, "--known", empty, "--known", empty],
            "put all of it into one file",
        ),
        (&["--host", "not a url"], "--host"),
    ] {
        let ran = conformance(&[&["--scenarios", scenarios][..], arguments].concat());
        assert_eq!(
            ran.code,
            Some(2),
            "{arguments:?}: {}{}",
            ran.stdout,
            ran.stderr
        );
        assert!(ran.stderr.contains(text), "{text} in {}", ran.stderr);
    }
}

#[test]
fn a_file_that_cannot_be_read_exits_1_and_is_named() {
    let guest = format!("wire={}", probe_path("wire_probe").display());
    for option in ["--scenarios", "--known"] {
        let ran = conformance(&["--guest", &guest, option, "no/such"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("no/such: "), "{}", ran.stderr);
    }
    let ran = conformance(&["--guest", "wire=no/such.wasm"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("no/such.wasm"), "{}", ran.stderr);
}
