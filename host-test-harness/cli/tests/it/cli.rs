//! The commands `request` and `run`, and every `--help`, as a user calls them.

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::golden::assert_golden;
use test_support::guests::{build, example_folder, probe_path};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

fn request(arguments: &[&str]) -> Ran {
    ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(arguments))
}

#[test]
fn the_help_of_every_command_equals_its_golden_file() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let rows = [
        ("help.txt", &["--help"][..]),
        ("help-run.txt", &["run", "--help"]),
        ("help-request.txt", &["request", "--help"]),
        ("help-sweep.txt", &["sweep", "--help"]),
        ("help-up.txt", &["up", "--help"]),
        ("help-serve-stdio.txt", &["serve-stdio", "--help"]),
        ("help-inspect.txt", &["inspect", "--help"]),
        ("help-build.txt", &["build", "--help"]),
        ("help-componentize.txt", &["componentize", "--help"]),
        ("help-policy-check.txt", &["policy", "check", "--help"]),
        ("help-policy-lint.txt", &["policy", "lint", "--help"]),
        ("help-policy-explain.txt", &["policy", "explain", "--help"]),
    ];
    check_rows(rows, |(file, arguments)| {
        let ran = ran(spin_harness().args(*arguments).env("COLUMNS", "100"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_golden(&golden.join(file), &ran.stdout);
    });
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
fn request_fails_for_an_error_of_http_if_it_is_asked_to() {
    check_rows(
        [
            (&["/status?500"][..], 0),
            (&["--fail", "/status?500"], 22),
            (&["--fail", "/status?400"], 22),
            (&["--fail", "/status?399"], 0),
        ],
        |(arguments, code)| {
            let ran = request(arguments);
            assert_eq!(ran.code, Some(*code), "{}", ran.stderr);
            assert!(ran.stdout.starts_with("HTTP/1.1 "), "{}", ran.stdout);
        },
    );
}

#[test]
fn request_prints_json() {
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
fn request_exits_1_and_prints_stderr_and_a_backtrace_if_the_guest_fails() {
    let ran = request(&["/panic"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    for text in [
        "the probe was told to panic",
        "error: guest `wire_probe` aborted",
        "handle_request",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_denied_call_is_an_error_for_the_guest_and_the_log_names_the_entry_to_add() {
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
fn verbose_logs_each_outbound_call() {
    let upstream = Upstream::start([ScriptedResponse::ok("hello")]);
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
fn an_exceeded_limit_is_named() {
    let rows = [
        (
            &["--wall-time", "200ms", "/loop"][..],
            "wall-time limit of 200ms",
        ),
        (
            &["--max-memory", "32MiB", "/memory"],
            "ran out of memory (limit: 33554432 bytes)",
        ),
    ];
    check_rows(rows, |(flags, message)| {
        let ran = request(flags);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    });
}

#[test]
fn run_passes_arguments_stdout_and_the_exit_code_through() {
    let component =
        build(&example_folder("rust-command"), "wasm32-wasip2").join("rust-command.wasm");
    let upstream = Upstream::start([ScriptedResponse::ok("hello")]);
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
    let origin = Upstream::start([ScriptedResponse::ok("itself")]);
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

#[test]
fn a_response_is_printed_even_if_stderr_cannot_be_written() {
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
fn wall_time_ends_a_guest_whose_output_is_not_read() {
    let mut child = spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["--wall-time", "300ms", "/stderr"])
        .stdout(Stdio::null())
        // A pipe that is not read is full after some 64 KiB.
        .stderr(Stdio::piped())
        .spawn()
        .expect("spin-harness starts");
    // The error line of the command needs the pipe too, so the test reads it once the guest has ended.
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
    assert!(text.contains("wall-time limit of 300ms"), "{text}");
}
