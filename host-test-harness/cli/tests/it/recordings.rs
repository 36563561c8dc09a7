//! `--record FILE`, `--record-mode MODE` and `--replay FILE`: HAR files of the outbound exchanges of a command.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::spin_harness;
use crate::support::up::up;
use test_support::application::folder;
use test_support::command::{Ran, ran};
use test_support::guests::probe_path;
use test_support::upstream::{ScriptedResponse, Upstream};

/// Has the wire probe call each of `urls` with a secret, in one invocation.
fn request(urls: &[&str], arguments: &[&str]) -> Ran {
    let calls: Vec<_> = urls
        .iter()
        .map(|url| serde_json::json!({"method": "GET", "uri": url, "headers": [["authorization", "Bearer s3cret"]]}))
        .collect();
    let calls = serde_json::to_string(&calls).unwrap();
    ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["--allow-http-host", "insecure:allow-all", "-d", &calls])
        .args(arguments)
        .arg("/"))
}

fn entries(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let har: Value = serde_json::from_str(&text).unwrap();
    har["log"]["entries"].as_array().unwrap().clone()
}

fn temporary() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.har");
    (folder, file.into_os_string().into_string().unwrap())
}

/// A body in two pieces, and a trailer.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nat\r\n2\r\n b\r\n0\r\nx-sum: 1\r\n\r\n";

#[test]
fn a_recording_answers_as_the_upstream_did_without_it_and_has_no_secret() {
    let (_folder, file) = temporary();
    let upstream = Upstream::start([
        ScriptedResponse::ok("first"),
        ScriptedResponse::redirect(302, "/b"),
        ScriptedResponse::Bytes(CHUNKED.into()),
        ScriptedResponse::ok("second"),
    ]);
    let url = upstream.url("/a");
    let urls = [&*url, &url, &url];
    let recorded = request(&urls, &["--record", &file]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    assert!(
        recorded.stdout.contains("HTTP/1.1 200"),
        "{}",
        recorded.stdout
    );
    assert_eq!(upstream.rest().len(), 4);
    let upstream_authority = upstream.authority();
    drop(upstream);

    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    let statuses: Vec<_> = entries(Path::new(&file))
        .iter()
        .map(|entry| entry["response"]["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [200, 302, 200, 200]);
    let chunked = &entries(Path::new(&file))[2];
    assert_eq!(chunked["_via"]["address"], *upstream_authority);
    assert_eq!(chunked["response"]["content"]["text"], "at b");
    assert_eq!(chunked["response"]["_trailers"][0]["name"], "x-sum");

    let before = std::fs::read(&file).unwrap();
    let failed = ran(spin_harness().args(["request", "missing.wasm", "--record", &file, "/"]));
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert_eq!(std::fs::read(&file).unwrap(), before, "nothing was called");

    let replayed = request(&urls, &["--replay", &file]);
    assert_eq!(replayed.stdout, recorded.stdout, "{}", replayed.stderr);
    let once_more = request(&[&*url, &url, &url, &url], &["--replay", &file]);
    let want = "calls: got 4, want 3";
    assert!(once_more.stderr.contains(want), "{}", once_more.stderr);
    let denied = ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["--replay", &file, "-d"])
        .arg(format!(r#"[{{"method":"GET","uri":"{url}"}}]"#))
        .arg("/"));
    assert!(
        denied.stdout.contains("destination-not-allowed"),
        "{}",
        denied.stdout
    );
}

#[test]
fn a_file_that_cannot_be_replayed_or_written_is_named() {
    let (folder, file) = temporary();
    std::fs::write(&file, "{\"log\": {}}").unwrap();
    let missing = folder.path().join("no/calls.har");
    let missing = missing.to_str().unwrap();
    let directory = folder.path().to_str().unwrap();
    let wrong: Vec<_> = [
        (["--replay", &*file], format!("{file}:1:")),
        (["--replay", missing], format!("{missing}: ")),
        (["--record", missing], format!("{missing}.partial: ")),
        (["--record", directory], format!("{directory}: a folder")),
        (["--har", directory], format!("{directory}: a folder")),
    ]
    .into_iter()
    .map(|(flags, want)| (request(&[], &flags), want))
    .filter(|(ran, want)| ran.code != Some(1) || !ran.stderr.contains(want))
    .map(|(ran, want)| (ran.code, ran.stderr, want))
    .collect();
    assert!(wrong.is_empty(), "code, stderr, want: {wrong:#?}");
    let both = request(&[], &["--replay", &file, "--mock", &file]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

#[test]
fn each_record_mode_sends_or_answers_as_it_says() {
    let (_folder, file) = temporary();
    let upstream = Upstream::always(ScriptedResponse::ok("ok"));
    let (a, b) = (upstream.url("/a"), upstream.url("/b"));
    let mode = |mode: &'static str, urls: &[&str]| {
        let ran = request(urls, &["--record", &file, "--record-mode", mode]);
        let recorded = Path::new(&file)
            .exists()
            .then(|| entries(Path::new(&file)).len());
        let lacks = ran.stderr.contains("no recorded call matches");
        (ran.code, upstream.rest().len(), lacks, recorded)
    };
    // The mode, the calls, and: the exit code, how many calls are sent, whether one is missing, the entries of the file.
    type Row<'a> = (
        &'static str,
        Vec<&'a str>,
        (i32, usize, bool, Option<usize>),
    );
    let rows: [Row<'_>; 7] = [
        ("none", vec![&*a], (1, 0, false, None)),
        ("once", vec![&a], (0, 1, false, Some(1))),
        ("once", vec![&a, &b], (0, 0, true, Some(1))),
        ("new-episodes", vec![&a, &b], (0, 1, false, Some(2))),
        ("new-episodes", vec![&b, &a], (0, 0, false, Some(2))),
        ("none", vec![&b, &a, &a], (0, 0, true, Some(2))),
        ("all", vec![&b], (0, 1, false, Some(1))),
    ];
    let mut wrong = Vec::new();
    for (row, (name, urls, (code, n_sent, lacks, n_entries))) in rows.into_iter().enumerate() {
        let got = mode(name, &urls);
        let want = (Some(code), n_sent, lacks, n_entries);
        if got != want {
            wrong.push(format!("row {row}, {name}: got {got:?}, want {want:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for flags in [
        &["--record", &*file, "--record-mode", "twice"][..],
        &["--record-mode", "once"],
    ] {
        let ran = request(&[], flags);
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.stderr);
    }
}

/// Starts `spin-harness request` with a call that is answered and one that is not, and ends it with a signal while it
/// waits.
fn interrupted(file: &str, signal: Signal) {
    let upstream = Upstream::start([ScriptedResponse::ok("first"), ScriptedResponse::Silence]);
    let url = upstream.url("/a");
    let call = serde_json::json!({"method": "GET", "uri": url});
    let calls = serde_json::to_string(&[&call, &call]).unwrap();
    let mut child = spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(["--allow-http-host", "insecure:allow-all", "-d", &calls])
        .args(["--record", file, "/"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The second call arrives when the first one is recorded.
    upstream.next();
    upstream.next();
    kill_process(Pid::from_child(&child), signal).unwrap();
    assert!(!child.wait().unwrap().success());
}

#[test]
fn an_interrupted_run_loses_nothing_and_leaves_the_file_whole() {
    for signal in [Signal::KILL, Signal::TERM] {
        let (folder, file) = temporary();
        interrupted(&file, signal);
        let names: Vec<_> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["calls.har.partial"], "{signal:?}");
        let replayed = request(&[], &["--replay", &file]);
        let advice = "record to it once more, which completes it";
        assert!(replayed.stderr.contains(advice), "{}", replayed.stderr);

        let upstream = Upstream::always(ScriptedResponse::ok("second"));
        let arguments = ["--record", &*file];
        assert_eq!(request(&[&upstream.url("/b")], &arguments).code, Some(0));
        let paths: Vec<_> = entries(Path::new(&file))
            .iter()
            .map(|entry| entry["request"]["url"].as_str().unwrap().ends_with("/a"))
            .collect();
        assert_eq!(paths, [true, false], "{signal:?}");

        // The file is there: it stays as it was until a run ends.
        let before = std::fs::read(&file).unwrap();
        interrupted(&file, signal);
        assert_eq!(std::fs::read(&file).unwrap(), before, "{signal:?}");
    }
}

#[test]
fn har_has_the_requests_of_clients_and_the_calls_that_each_led_to() {
    let front =
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://self\"]\n";
    let folder = folder(&[("/...", "front")], front);
    let mocks = folder.path().join("mocks.toml");
    std::fs::write(
        &mocks,
        "[[mock]]\nrequest.url = \"/call-self\"\nresponse.text = \"41\"\n",
    )
    .unwrap();
    let file = folder.path().join("traffic.har");
    let flags = [("--har", &file), ("--mock", &mocks)];
    let flags: Vec<_> = flags
        .iter()
        .flat_map(|(flag, path)| [*flag, path.to_str().unwrap()])
        .collect();
    let mut up = up(folder.path(), 1, &flags);
    up.get("/call-self");
    up.get("/body?3");
    up.get("/panic");
    assert_eq!(up.stop(Signal::INT), Some(0));
    let mut from_up = entries(&file);
    let failed = from_up.pop().unwrap();
    assert_eq!(failed["response"]["status"], 500);
    let reason = failed["response"]["_error"].as_str().unwrap();
    assert!(reason.contains("guest `front` aborted"), "{failed}");
    let shown: Vec<_> = from_up
        .iter()
        .map(|entry| {
            let url = entry["request"]["url"].as_str().unwrap();
            (
                entry["_direction"].as_str(),
                url,
                entry["response"]["content"]["text"].as_str(),
            )
        })
        .collect();
    let want = [
        (None, "http://self/call-self", Some("41")),
        (Some("inbound"), "http://a.test/call-self", Some("42")),
        (Some("inbound"), "http://a.test/body?3", Some("xxx")),
    ];
    assert_eq!(shown, want);
    let chain = |index: usize| from_up[index]["_chain"].as_u64().unwrap();
    assert_eq!(chain(0), chain(1));
    assert_ne!(chain(1), chain(2));

    // `request` records to the same file anew, a body of bytes as Base64.
    let body = folder.path().join("body");
    std::fs::write(&body, [0xff, 0]).unwrap();
    let ran = ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(flags)
        .args([
            OsStr::new("--data-file"),
            body.as_os_str(),
            OsStr::new("/status?201"),
        ]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let [entry] = &entries(&file)[..] else {
        panic!("want one entry");
    };
    assert_eq!(entry["request"]["url"], "http://localhost/status?201");
    assert_eq!(entry["request"]["postData"]["text"], "/wA=");
    assert_eq!(entry["request"]["postData"]["_encoding"], "base64");
    assert_eq!(entry["response"]["status"], 201);
    assert_eq!(entry["_component"], "wire_probe");
}

#[test]
fn up_writes_its_recording_when_it_stops() {
    let front =
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://self\"]\n";
    let folder = folder(&[("/...", "front")], front);
    let file = folder.path().join("calls.har");
    let mut up = up(folder.path(), 1, &["--record", file.to_str().unwrap()]);
    up.get("/call-self");
    assert_eq!(up.stop(Signal::INT), Some(0));
    let entries = entries(&file);
    // The probe calls itself until the limit of the depth, 16, ends the call first.
    assert_eq!(entries.len(), 17);
    assert!(
        entries[0]["response"]["_error"].is_string(),
        "{}",
        entries[0]
    );
    let answered = entries[1..]
        .iter()
        .all(|entry| entry["_via"]["kind"] == "in-process");
    assert!(answered, "{entries:#?}");
    assert!(!folder.path().join("calls.har.partial").exists());
}
