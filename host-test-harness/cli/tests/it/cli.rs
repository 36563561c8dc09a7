//! The command `spin-harness`, as a user calls it.

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::golden::assert_golden;
use test_support::guests::{build, example_folder, probe_path};
use test_support::upstream::{Answer, Upstream};

fn request(arguments: &[&str]) -> Ran {
    ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(arguments))
}

#[test]
fn the_help_of_every_command_is_as_it_was_reviewed() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (file, arguments) in [
        ("help.txt", &["--help"][..]),
        ("help-run.txt", &["run", "--help"]),
        ("help-request.txt", &["request", "--help"]),
        ("help-up.txt", &["up", "--help"]),
        ("help-inspect.txt", &["inspect", "--help"]),
        ("help-build.txt", &["build", "--help"]),
        ("help-componentize.txt", &["componentize", "--help"]),
        ("help-policy-check.txt", &["policy", "check", "--help"]),
        ("help-policy-lint.txt", &["policy", "lint", "--help"]),
        ("help-policy-explain.txt", &["policy", "explain", "--help"]),
    ] {
        let ran = ran(spin_harness().args(arguments).env("COLUMNS", "100"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_golden(&golden.join(file), &ran.stdout);
    }
}

#[test]
fn request_prints_the_response_as_curl_does() {
    let ran = request(&[
        "-X",
        "PUT",
        "-H",
        "x-a: 1",
        "-H",
        "x-a: 2",
        "-d",
        "hi",
        "/echo?q=1",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let want =
        "HTTP/1.1 200 OK\nx-a: 1\nx-a: 2\nhost: localhost\n\nMethod::Put /echo?q=1 Some(\"hi\")";
    assert_eq!(ran.stdout, want);
}

#[test]
fn request_prints_json_for_programs() {
    let ran = request(&["--json", "-d", "hi", "http://app.test:8080/echo"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let want = serde_json::json!({
        "status": 200, "headers": [["host", "app.test:8080"]], "body": "Method::Post /echo Some(\"hi\")",
    });
    assert_eq!(json, want);
}

#[test]
fn request_reads_the_body_from_a_file() {
    let folder = std::env::temp_dir().join(format!("spin-harness-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("body.txt");
    std::fs::write(&file, "from a file").unwrap();
    let ran = request(&["--data-file", file.to_str().unwrap(), "/echo"]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        ran.stdout
            .ends_with("Method::Post /echo Some(\"from a file\")"),
        "{}",
        ran.stdout
    );
}

#[test]
fn request_exits_1_when_the_guest_failed_and_shows_its_stderr_and_backtrace() {
    let ran = request(&["/panic"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    for text in [
        "the probe was told to panic",
        "error: guest `wire_probe`: it aborted",
        "handle_request",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_denied_call_is_the_guests_affair_and_the_log_names_the_entry_to_add() {
    let asks = r#"[{"method":"GET","uri":"https://api.test:8443/"}]"#;
    let ran = request(&["-d", asks, "/"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("destination-not-allowed"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("--allow-outbound-host https://api.test:8443"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains('\u{1b}'),
        "colours are for terminals: {}",
        ran.stderr
    );
}

#[test]
fn verbose_logs_each_exchange() {
    let upstream = Upstream::start([Answer::ok("hello")]);
    let asks = format!(r#"[{{"method":"GET","uri":"{}"}}]"#, upstream.url("/?q=1"));
    let ran = request(&[
        "--verbose",
        "--allow-http-host",
        &upstream.authority(),
        "-d",
        &asks,
        "/",
    ]);
    for text in [
        "component=\"wire_probe\"",
        "method=GET",
        "/?q=1",
        "status=200",
        "body_bytes=5",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn limits_are_flags() {
    for (flags, message) in [
        (
            &["--wall-time", "200ms", "/loop"][..],
            "limit of 200ms on wall time",
        ),
        (
            &["--max-memory", "32MiB", "/memory"],
            "limit of 33554432 bytes of memory",
        ),
    ] {
        let ran = request(flags);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn run_passes_arguments_stdout_and_the_exit_code_through() {
    let component =
        build(&example_folder("rust-command"), "wasm32-wasip2").join("rust-command.wasm");
    let upstream = Upstream::start([Answer::ok("hello")]);
    let run = |arguments: &[&str]| ran(spin_harness().arg("run").arg(&component).args(arguments));
    let fetched = run(&[
        "--allow-http-host",
        &upstream.authority(),
        "--",
        &upstream.url("/"),
    ]);
    assert_eq!(
        (fetched.code, fetched.stdout.as_str()),
        (Some(0), "Status: 200\nhello"),
        "{}",
        fetched.stderr
    );
    let no_argument = run(&[]);
    assert_eq!(no_argument.code, Some(1));
    assert!(
        no_argument.stderr.contains("usage: rust-command URL"),
        "{}",
        no_argument.stderr
    );
    let no_origin = run(&["--allow-http-host", "self", "--", "/x"]);
    assert!(
        no_origin.stderr.contains("--self-origin"),
        "{}",
        no_origin.stderr
    );
    let origin = Upstream::start([Answer::ok("itself")]);
    let with_origin = run(&[
        "--allow-http-host",
        "self",
        "--self-origin",
        &origin.url(""),
        "--",
        "/x",
    ]);
    assert_eq!(
        (with_origin.code, with_origin.stdout.as_str()),
        (Some(0), "Status: 200\nitself")
    );
    assert_eq!(origin.next().request_line(), "GET /x HTTP/1.1");
}

#[track_caller]
fn check_policy(command: &str, table: &[(&[&str], i32, &str)]) {
    for (arguments, code, text) in table {
        let ran = ran(spin_harness().args(["policy", command]).args(*arguments));
        assert_eq!(ran.code, Some(*code), "{arguments:?}: {}", ran.stderr);
        let said = if *code == 2 { ran.stderr } else { ran.stdout };
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
}

#[test]
fn policy_check_says_yes_no_or_what_is_wrong() {
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
fn policy_lint_says_what_a_user_may_not_expect() {
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
fn policy_lint_prints_json_for_programs() {
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
fn policy_explain_says_what_each_entry_permits_and_how_it_judges_a_url() {
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
        "there is no entry, so every request is denied\n"
    );
}

#[test]
fn wrong_usage_exits_2_and_names_what_is_wrong() {
    let wasm = probe_path("wire_probe");
    let wasm = wasm.to_str().unwrap();
    for (arguments, text) in [
        (&["request", wasm, "no-slash"][..], "no-slash"),
        (&["request", wasm, "-H", "no colon", "/"], "no colon"),
        (&["request", wasm, "-H", "x a: 1", "/"], "x a: 1"),
        (&["request", wasm, "--env", "NAME", "/"], "NAME=VALUE"),
        (
            &["request", wasm, "--allow-http-host", "ftp://x", "/"],
            "ftp://x",
        ),
        (
            &["request", wasm, "--self-origin", "localhost", "/"],
            "localhost",
        ),
        (
            &["request", wasm, "--ca", "no/such.pem", "/"],
            "no/such.pem",
        ),
        (&["request", wasm, "--wall-time", "soon", "/"], "soon"),
        (&["request", wasm, "--data-file", "no/such", "/"], "no/such"),
        (
            &["request", wasm, "http://user:secret@app.test/"],
            "user info",
        ),
        (
            &["request", wasm, "--max-connections", "0", "/"],
            "connections to one upstream",
        ),
        (
            &["request", wasm, "--max-header-fields", "99999999999", "/"],
            "header fields",
        ),
        (
            &["request", wasm, "--max-memory", "8GiB", "/"],
            "bytes of memory",
        ),
        (&["frobnicate"], "frobnicate"),
    ] {
        let ran = ran(spin_harness().args(arguments));
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(text), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_component_that_cannot_be_loaded_exits_1_and_names_the_file() {
    let ran = ran(spin_harness().args(["request", "no/such.wasm", "/"]));
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("no/such.wasm: No such file"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_stderr_that_cannot_be_written_costs_no_response() {
    let asks = r#"[{"method":"GET","uri":"https://api.test/"}]"#;
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has /dev/full");
    let ran = ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["-d", asks, "/"])
        .stderr(full));
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stdout.contains("destination-not-allowed"),
        "{}",
        ran.stdout
    );
}

#[test]
fn wall_time_ends_a_guest_whose_output_nobody_reads() {
    let mut child = spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["--wall-time", "300ms", "/stderr"])
        .stdout(Stdio::null())
        // A pipe that is not read is full after some 64 KiB.
        .stderr(Stdio::piped())
        .spawn()
        .expect("spin-harness starts");
    // Its own error line needs the pipe too, so the log is read once the guest has been stopped.
    let (sender, ended) = std::sync::mpsc::channel();
    let mut stderr = child.stderr.take().expect("a pipe");
    let stopped_at = std::time::Instant::now() + std::time::Duration::from_secs(2);
    std::thread::spawn(move || {
        while std::time::Instant::now() < stopped_at {
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("text");
        sender.send(text).expect("the test waits");
    });
    let text = ended
        .recv_timeout(std::time::Duration::from_secs(20))
        .expect("spin-harness ends");
    assert_eq!(child.wait().expect("it ended").code(), Some(1));
    assert!(text.contains("limit of 300ms on wall time"), "{text}");
}
