//! A guest's unit tests run in wasm, by `cargo test` with `spin-harness run` as the runner.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::spin_harness;
use test_support::application::folder;
use test_support::command::{Ran, ran};
use test_support::guests::build_dir;
use test_support::upstream::{ScriptedResponse, Upstream};

/// Runs the guest's tests, with `runner` as arguments of `spin-harness run` and `arguments` as those of the tests.
fn cargo_test(runner: &str, arguments: &[&str]) -> Ran {
    let probes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../probes");
    let command = spin_harness();
    let program = PathBuf::from(command.get_program());
    ran(Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--release", "--locked"])
        .args(["--package", "guest-tests"])
        .args(["--target", "wasm32-wasip2", "--target-dir"])
        .arg(probes.join("target"))
        .args(["--lib", "--"])
        .args(arguments)
        .env(
            "CARGO_TARGET_WASM32_WASIP2_RUNNER",
            format!(
                "{} run --max-instances 4 --env RUST_TEST_NOCAPTURE=1 {runner} --",
                program.display()
            ),
        )
        .envs([build_dir()])
        .current_dir(&probes))
}

#[test]
fn guest_tests_run_with_the_permissions_of_flags_or_a_manifest() {
    let upstream = Upstream::always(ScriptedResponse::ok("from upstream"));
    let (url, authority) = (upstream.url("/a"), upstream.authority());
    let rest = format!(
        "[component.app]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://{authority}\"]\n"
    );
    let folder = folder(&[("/...", "app")], &rest);
    for permissions in [
        format!("--allow-http-host {authority}"),
        format!("--manifest {}", folder.path().display()),
    ] {
        let runner = format!("{permissions} --env UPSTREAM={url}");
        let ran = cargo_test(&runner, &["--nocapture"]);
        assert_eq!(
            ran.code,
            Some(0),
            "{permissions}: {}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert!(ran.stdout.contains("3 passed"), "{}", ran.stdout);
        assert!(
            ran.stdout.contains(&format!("called {url}")),
            "{}",
            ran.stdout
        );
        assert_eq!(upstream.next().request_line(), "GET /a HTTP/1.1");
    }
    let ran = cargo_test(&format!("--env UPSTREAM={url}"), &["a_permitted_call"]);
    assert_ne!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("`--allow-outbound-host"),
        "{}",
        ran.stderr
    );
    assert_eq!(upstream.rest(), []);
}

#[test]
fn a_failing_guest_test_fails_cargo_test() {
    let ran = cargo_test("--env FAIL=1", &["told_to"]);
    assert_ne!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("told to fail"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    let ran = cargo_test("", &["told_to"]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("1 passed; 0 failed; 0 ignored"),
        "{}",
        ran.stdout
    );
}
