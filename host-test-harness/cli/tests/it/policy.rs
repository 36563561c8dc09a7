//! The command `spin-harness policy`, as a user calls it.

use crate::support::spin_harness;
use test_support::command::ran;
use test_support::table::check_rows;

#[track_caller]
fn check_policy(command: &str, table: &[(&[&str], i32, &str)]) {
    check_rows(table, |(arguments, code, text)| {
        let ran = ran(spin_harness().args(["policy", command]).args(*arguments));
        assert_eq!(ran.code, Some(*code), "{}", ran.stderr);
        let output = if *code == 2 { ran.stderr } else { ran.stdout };
        assert!(output.contains(text), "{output}");
    });
}

#[test]
fn check_prints_the_entry_that_permits_the_reason_or_the_error() {
    const HTTP: &str = "--allow-http-host";
    const OUTBOUND: &str = "--allow-outbound-host";
    check_policy(
        "check",
        &[
            (
                &[HTTP, "api.test", "https://api.test/v1"],
                0,
                "allowed by `api.test`",
            ),
            (&[HTTP, "self", "/x"], 0, "allowed by `self`"),
            (
                &[HTTP, "api.test", "https://api.test:8443/"],
                1,
                "add \"api.test:8443\"",
            ),
            (
                &["https://api.test/"],
                1,
                "`--allow-outbound-host https://api.test`",
            ),
            (&[HTTP, "*", "https://api.test/"], 2, "`*`"),
            (
                &[HTTP, "api.test/path", "https://api.test/"],
                2,
                "`api.test/path`",
            ),
            (&["not a url"], 2, "not a url"),
            (
                &[OUTBOUND, "https://*.test", "https://api.test/"],
                0,
                "allowed by `https://*.test`",
            ),
            (
                &[OUTBOUND, "https://api.test:8443", "https://api.test/"],
                1,
                "only with other ports (`https://api.test:8443`",
            ),
            (
                &[
                    OUTBOUND,
                    "https://{{ h }}",
                    "--variable",
                    "h=a.test",
                    "https://a.test/",
                ],
                0,
                "allowed by `https://{{ h }}`",
            ),
            (
                &[OUTBOUND, "https://{{ h }}", "https://a.test/"],
                2,
                "the variable `h` has no value",
            ),
            (
                &[OUTBOUND, "api.test", HTTP, "b.test/x", "/"],
                2,
                "the scheme is missing",
            ),
            (
                &[OUTBOUND, "api.test", HTTP, "b.test/x", "/"],
                2,
                "remove the path",
            ),
            (
                &[OUTBOUND, "http://a.test", HTTP, "b.test", "http://b.test/"],
                0,
                "allowed by `b.test`",
            ),
        ],
    );
}

#[test]
fn lint_warns_of_entries_that_permit_more_or_less_than_they_seem_to() {
    check_policy(
        "lint",
        &[
            (&[], 0, ""),
            (&["--allow-outbound-host", "https://api.test"], 0, ""),
            (
                &["--allow-outbound-host", "*://*:*"],
                1,
                "permits every http and https request",
            ),
            (
                &["--allow-http-host", "https://api.test"],
                1,
                "does not restrict; remove it",
            ),
            (
                &["--allow-outbound-host", "api.test"],
                2,
                "the scheme is missing",
            ),
        ],
    );
    let clean = ran(spin_harness().args(["policy", "lint", "--allow-http-host", "api.test"]));
    assert_eq!((clean.stdout.as_str(), clean.stderr.as_str()), ("", ""));
}

#[test]
fn lint_prints_json() {
    let lint = ["policy", "lint", "--json"];
    let entries = [
        "--allow-outbound-host",
        "https://*.test",
        "--allow-outbound-host",
        "https://a.test",
    ];
    let covered = ran(spin_harness().args(lint).args(entries));
    assert_eq!((covered.code, covered.stderr.as_str()), (Some(1), ""));
    let json: serde_json::Value = serde_json::from_str(&covered.stdout).unwrap();
    let want = serde_json::json!([{
        "list": "allowed_outbound_hosts", "entry": "https://a.test", "warning": "covered",
        "covered_by": "https://*.test",
        "message": "`https://a.test` is redundant: `https://*.test` already permits its requests; remove one of the two",
    }]);
    assert_eq!(json, want);
    let clean = ran(spin_harness().args(lint));
    assert_eq!((clean.code, clean.stdout.as_str()), (Some(0), "[]\n"));
}

#[test]
fn check_and_explain_print_json() {
    let json = |arguments: &[&str]| {
        let entry = ["--allow-outbound-host", "https://api.test"];
        let ran = ran(spin_harness()
            .args(["policy", arguments[0], "--json"])
            .args(entry)
            .args(&arguments[1..]));
        assert_eq!(ran.stderr, "");
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (ran.code, json)
    };
    let allowed = serde_json::json!({
        "allowed": true, "list": "allowed_outbound_hosts", "entry": "https://api.test",
        "message": "allowed by `https://api.test`",
    });
    let denied = serde_json::json!({
        "allowed": false, "list": "allowed_outbound_hosts", "reason": "scheme-not-listed",
        "nearest": ["https://api.test"], "entry_to_add": "http://api.test",
        "message": "`http://api.test` is denied: `allowed_outbound_hosts` lists this URI host only for another scheme \
                    (`https://api.test`); to permit it, add \"http://api.test\" to `allowed_outbound_hosts` in the \
                    manifest, or pass `--allow-outbound-host http://api.test`",
    });
    let sentence = "`https://api.test` permits https requests to api.test on port 443";
    let entry = serde_json::json!({
        "list": "allowed_outbound_hosts", "entry": "https://api.test", "message": sentence,
    });
    let missed = serde_json::json!({
        "list": "allowed_outbound_hosts", "entry": "https://api.test", "evaluation": "other-scheme",
        "message": format!("{sentence}; it names this URI host for another scheme"),
    });
    assert_eq!(json(&["check", "https://api.test/v1"]), (Some(0), allowed));
    assert_eq!(
        json(&["check", "http://api.test/v1"]),
        (Some(1), denied.clone())
    );
    assert_eq!(
        json(&["explain"]),
        (Some(0), serde_json::json!({"rules": [entry]}))
    );
    assert_eq!(
        json(&["explain", "http://api.test/v1"]),
        (
            Some(0),
            serde_json::json!({"decision": denied, "rules": [missed]})
        )
    );
}

#[test]
fn explain_prints_what_each_entry_permits_and_whether_it_matches_a_url() {
    let explain = |arguments: &[&str]| {
        let entries = [
            "https://api.test",
            "http://*.test:8000..9000",
            "redis://db.test",
        ];
        let flags = entries
            .iter()
            .flat_map(|entry| ["--allow-outbound-host", entry]);
        let ran = ran(spin_harness()
            .args(["policy", "explain"])
            .args(flags)
            .args(arguments));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(
        explain(&[]),
        "`https://api.test` permits https requests to api.test on port 443\n\
         `http://*.test:8000..9000` permits http requests to every subdomain of test on ports 8000 to 8999\n\
         `redis://db.test` permits nothing: only http and https requests are supported here\n"
    );
    assert_eq!(
        explain(&["https://api.test/v1"]),
        "allowed by `https://api.test`\n  \
         `https://api.test` permits https requests to api.test on port 443; it permits this request\n  \
         `http://*.test:8000..9000` permits http requests to every subdomain of test on ports 8000 to 8999; \
         it names this URI host for another scheme\n  \
         `redis://db.test` permits nothing: only http and https requests are supported here\n"
    );
    let nothing = ran(spin_harness().args(["policy", "explain"]));
    assert_eq!(
        nothing.stdout,
        "the allow-list is empty, so every request is denied\n"
    );
}
