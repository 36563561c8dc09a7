//! `--mock FILE`: mocks of a file answer the outbound calls of a command.

use std::path::Path;

use tempfile::TempDir;

use crate::support::spin_harness;
use crate::support::up::up;
use test_support::application::folder;
use test_support::command::{Ran, ran};
use test_support::guests::probe_path;
use test_support::table::check_rows;

const FRONT: &str =
    "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://self\"]\n";

/// Mocks of what the wire probe calls at `/call-self`, which answers with the number it gets and one more.
fn mocks(number: u32) -> String {
    format!("[[mock]]\nrequest.url = \"/call-self\"\nresponse.text = \"{number}\"\n")
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}

fn request(arguments: &[&str]) -> Ran {
    ran(spin_harness()
        .arg("request")
        .arg(probe_path("wire_probe"))
        .args(arguments))
}

fn temporary() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn request_answers_calls_with_a_mock_file_and_fails_what_is_not_in_it() {
    let folder = temporary();
    let json = r#"{"mock": [{"request": {"url": "http://api.test/a"}, "response": {"fault": "refused"}}]}"#;
    let json = write(folder.path(), "m.json", json);
    let toml = write(folder.path(), "m.toml", &mocks(41));
    let asked = r#"[{"method":"GET","uri":"http://api.test/a"}]"#;
    let ran = request(&["--mock", &toml, "--allow-http-host", "self", "/call-self"]);
    assert!(ran.stdout.ends_with("\n42"), "{}", ran.stderr);
    let rows = [
        (&json, "api.test", "connection refused"),
        (
            &toml,
            "api.test",
            "the only one is `any method http://self/call-self`, but origin: got \"http://api.test\"",
        ),
        (&json, "other.test", "add"),
    ];
    check_rows(rows, |(file, allowed, want)| {
        let ran = request(&[
            "--mock",
            file,
            "--allow-http-host",
            allowed,
            "-d",
            asked,
            "/",
        ]);
        assert!(ran.stderr.contains(want), "{}", ran.stderr);
    });
}

#[test]
fn an_invalid_mock_file_is_an_error_that_names_file_line_and_key() {
    let folder = temporary();
    let file = write(
        folder.path(),
        "m.toml",
        "[[mock]]\nrequest.url = \"api.test\"\n",
    );
    let ran = request(&["--mock", &file, "/echo"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let want = format!("{file}:2: `mock[0].request.url`: `api.test` is not a URL");
    assert!(ran.stderr.contains(&want), "{}", ran.stderr);
}

#[test]
fn up_reloads_the_mock_file_with_watch() {
    let folder = folder(&[("/...", "front")], FRONT);
    let file = write(folder.path(), "m.toml", &mocks(41));
    let mut up = up(folder.path(), 1, &["--mock", &file, "--watch"]);
    assert!(up.get("/call-self").ends_with("\r\n\r\n42"));
    write(
        folder.path(),
        "m.toml",
        "[[mock]]\nrequest.ur = \"/call-self\"\n",
    );
    up.line(&["not reloaded", "m.toml:2: `mock[0].request.ur`"]);
    assert!(
        up.get("/call-self").ends_with("\r\n\r\n42"),
        "the old mocks"
    );
    write(folder.path(), "m.toml", &mocks(100));
    up.line(&["INFO", "reloaded: "]);
    assert!(up.get("/call-self").ends_with("\r\n\r\n101"));
}
