//! Tests of the suite with a probe that another process serves.

use serde_json::json;
use spin_harness_cli::conformance::{Backend, ExpectedFailures, Probe, Suite, Verdict};

use super::{expected_failures, failures, folder, one_get, one_get_with, verdicts};
use crate::support::up::{Up, up};
use test_support::application;
use test_support::guests::probe_path;

/// Serves the Rust probe in another process, with the permission that portable scenarios need.
pub(super) fn serve() -> Up {
    let probe = probe_path("rust_probe");
    let component = format!(
        "[component.probe]\nsource = {:?}\nallowed_outbound_hosts = [\"http://127.0.0.1:*\"]\n",
        probe.to_str().expect("a path that is text")
    );
    up(
        application::folder(&[("/...", "probe")], &component).path(),
        1,
        &[],
    )
}

/// The URL of the served probe.
pub(super) fn url(served: &Up) -> String {
    format!("http://{}/", served.address)
}

fn probe(served: &Up) -> Probe {
    Probe::running(url(served).parse().expect("a URL"), Backend::Spin)
}

#[test]
fn a_served_probe_passes_the_portable_scenarios_and_the_others_are_not_applicable() {
    let suite = Suite::embedded().expect("the scenarios are valid");
    let served = serve();
    let verdicts = verdicts(&suite, probe(&served), ExpectedFailures::default());
    let failures = failures(&verdicts);
    assert!(failures.is_empty(), "{failures:#?}");
    for (name, scenario) in suite.iter() {
        let is_applicable = scenario.is_portable() && scenario.backend != Some(Backend::WasiHttp);
        let want = if is_applicable {
            Verdict::Passed
        } else {
            Verdict::NotApplicable
        };
        assert_eq!(verdicts[name], want, "{name}");
    }
}

#[test]
fn expected_failures_of_a_served_probe_are_checked_both_ways() {
    let differs = one_get_with("/expect/0/status", json!(200));
    let listed = one_get_with("/allowed_outbound_hosts", json!(["http://{upstream}"]));
    let same = one_get();
    let folder = folder(&[
        ("differs", &differs),
        ("listed", &listed),
        ("same", &same),
        ("unexpected", &same),
    ]);
    let suite = Suite::read(folder.path()).expect("the scenarios are valid");
    let served = serve();
    let expected_failures = expected_failures(&[
        ("differs", "the upstream responds with 204"),
        ("unexpected", "the upstream responds with 500"),
    ]);
    let verdicts = verdicts(&suite, probe(&served), expected_failures);
    for (name, want) in [
        (
            "differs",
            Verdict::ExpectedFailure("the upstream responds with 204".to_owned()),
        ),
        ("listed", Verdict::NotApplicable),
        ("same", Verdict::Passed),
        (
            "unexpected",
            Verdict::UnexpectedPass("the upstream responds with 500".to_owned()),
        ),
    ] {
        assert_eq!(verdicts[name], want, "{name}");
    }
}

#[test]
fn a_host_with_a_closed_port_fails_and_is_named() {
    let folder = folder(&[("it", &one_get())]);
    let suite = Suite::read(folder.path()).expect("the scenario is valid");
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let probe = Probe::running(url.parse().unwrap(), Backend::Spin);
    let verdicts = verdicts(&suite, probe, ExpectedFailures::default());
    let Verdict::Failed(report) = &verdicts["it"] else {
        panic!("{verdicts:?}");
    };
    assert!(report.contains(&format!("the probe at {url}")), "{report}");
}
