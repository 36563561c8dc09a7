//! `spin-harness sweep`: what an application answers when its upstreams fail.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::application::folder;
use test_support::command::{Ran, ran};
use test_support::golden::assert_golden;
use test_support::guests::probe_path;
use test_support::upstream::{ScriptedResponse, Upstream};

use crate::support::spin_harness;

const URL: &str = "http://api.test/price";

/// A mock of [`URL`].
const MOCKS: &str = "[[mock]]\nrequest.url = \"http://api.test/price\"\nresponse.text = \"3\"\n";

fn sweep(arguments: &[&str]) -> Ran {
    ran(spin_harness().arg("sweep").args(arguments))
}

/// Sweeps the request that makes the wire probe call [`URL`] in the way of `path`, with mocks.
fn sweep_probe(path: &str, arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mocks = folder.path().join("mocks.toml");
    std::fs::write(&mocks, MOCKS).unwrap();
    let component = probe_path("wire_probe");
    let all = [
        &[
            component.to_str().unwrap(),
            "--mock",
            mocks.to_str().unwrap(),
        ][..],
        &["--allow-http-host", "api.test", "-d", URL, path],
        arguments,
    ];
    sweep(&all.concat())
}

#[test]
fn the_table_has_each_fault_and_the_exit_code_tells_of_problems() {
    let started = Instant::now();
    let relay = sweep_probe("/relay", &[]);
    assert_eq!(relay.code, Some(0), "{}{}", relay.stdout, relay.stderr);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    assert_golden(&golden.join("sweep.txt"), &relay.stdout);
    assert!(!relay.stderr.contains("WARN"), "{}", relay.stderr);
    let careless = sweep_probe("/careless", &[]);
    assert_eq!(careless.code, Some(1), "{}", careless.stdout);
    assert_golden(&golden.join("sweep-problems.txt"), &careless.stdout);
    let allowed = sweep_probe("/careless", &["--allow-unchanged"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stdout);
    // Each stalls for 30 s of virtual time, twice.
    let passed = started.elapsed();
    assert!(passed < Duration::from_secs(60), "{passed:?}");
}

#[test]
fn the_json_has_the_same() {
    let ran = sweep_probe("/careless", &["--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(got["status"], 200);
    let call = json!({"component": "wire_probe", "method": "GET", "url": URL, "number": 1});
    assert_eq!(got["calls"], json!([call]));
    let runs = got["runs"].as_array().unwrap();
    let stalled = runs.iter().find(|run| run["fault"] == "stalled").unwrap();
    assert!(
        stalled["duration_ms"].as_u64().unwrap() >= 30_000,
        "{stalled}"
    );
    let mut stalled = stalled.clone();
    stalled.as_object_mut().unwrap().remove("duration_ms");
    let want = json!({"call": 0, "fault": "stalled", "answer": "unchanged", "problem": true, "status": 200});
    assert_eq!(stalled, want);
}

#[test]
fn an_application_without_mocks_is_swept_in_real_time_over_the_network() {
    let upstream = Upstream::always(ScriptedResponse::ok("3"));
    let folder = folder(
        &[("/...", "front")],
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://127.0.0.1:*\"]\n",
    );
    let manifest = folder.path().join("spin.toml");
    let ran = sweep(&[
        "--manifest",
        manifest.to_str().unwrap(),
        "--response-timeout",
        "200ms",
        "--json",
        "-d",
        &upstream.url("/"),
        "/retry",
    ]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let got: Value = serde_json::from_str(&ran.stdout).unwrap();
    let runs = got["runs"].as_array().unwrap();
    let recovered = runs.iter().filter(|run| run["answer"] == "recovered");
    // A response without a body is a response, and not tried again.
    assert_eq!(recovered.count(), runs.len() - 1, "{got}");
    // Once without a fault, and once in place of each call that failed.
    assert_eq!(upstream.rest().len(), runs.len());
}
