//! The suite against a probe that another process serves.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use host_test_harness::conformance::{KnownDifferences, Probe, Suite, Verdict};
use serde_json::json;

use super::{failures, folder, known, one_get, one_get_with, verdicts};
use crate::application;
use crate::examples::spin_harness;
use crate::guests::probe_path;

/// `spin-harness up` with the Rust probe; dropping it kills it.
pub(super) struct Served {
    child: Child,
    pub(super) url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves the Rust probe in a process of its own, with the permission that a portable scenario needs.
pub(super) fn serve() -> Served {
    let probe = probe_path("rust_probe");
    let component = format!(
        "[component.probe]\nsource = {:?}\nallowed_outbound_hosts = [\"http://127.0.0.1:*\"]\n",
        probe.to_str().expect("a path that is text")
    );
    let folder = application::folder(&[("/...", "probe")], &component);
    let mut child = spin_harness()
        .args([
            "up",
            "--listen",
            "127.0.0.1:0",
            "--max-instances",
            "40",
            "-f",
        ])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("spin-harness starts");
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let lines: Vec<String> = stdout.lines().take(2).map_while(Result::ok).collect();
    let url = lines
        .first()
        .and_then(|line| line.strip_prefix("Serving "))
        .map(|url| format!("{url}/"));
    let Some(url) = url else {
        drop(child.wait());
        panic!("not served: {lines:?}");
    };
    Served { child, url }
}

impl Served {
    fn probe(&self) -> Probe {
        Probe::running(self.url.parse().expect("a URL"))
    }
}

#[test]
fn a_served_probe_passes_the_portable_scenarios_and_the_others_are_not_applicable() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let served = serve();
    let verdicts = verdicts(&suite, served.probe(), KnownDifferences::default());
    let failures = failures(&verdicts);
    assert!(failures.is_empty(), "{failures:#?}");
    for (name, scenario) in suite.iter() {
        let want = if scenario.is_portable() {
            Verdict::Passed
        } else {
            Verdict::NotApplicable
        };
        assert_eq!(verdicts[name], want, "{name}");
    }
}

#[test]
fn known_differences_of_a_served_probe_are_checked_both_ways() {
    let differs = one_get_with("/gets/0/status", json!(200));
    let listed = one_get_with("/allowed_outbound_hosts", json!(["http://{upstream}"]));
    let same = one_get();
    let folder = folder(&[
        ("differs", &differs),
        ("listed", &listed),
        ("same", &same),
        ("vanished", &same),
    ]);
    let suite = Suite::read(folder.path()).expect("the scenarios are valid");
    let served = serve();
    let known = known(&[
        ("differs", "it answers 204"),
        ("vanished", "it answers 500"),
    ]);
    let verdicts = verdicts(&suite, served.probe(), known);
    for (name, want) in [
        ("differs", Verdict::Known("it answers 204".to_owned())),
        ("listed", Verdict::NotApplicable),
        ("same", Verdict::Passed),
        ("vanished", Verdict::Vanished("it answers 500".to_owned())),
    ] {
        assert_eq!(verdicts[name], want, "{name}");
    }
}

#[test]
fn a_host_where_nobody_listens_fails_and_is_named() {
    let folder = folder(&[("it", &one_get())]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let probe = Probe::running(url.parse().unwrap());
    let verdicts = verdicts(&suite, probe, KnownDifferences::default());
    let Verdict::Failed(story) = &verdicts["it"] else {
        panic!("{verdicts:?}");
    };
    assert!(story.contains(&format!("the probe at {url}")), "{story}");
}
