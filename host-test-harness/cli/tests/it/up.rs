//! The command `spin-harness up`, as a user starts it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::spin_harness;
use test_support::application::{folder, write_manifest};
use test_support::guests::{build, example_folder};
use test_support::upstream::{Answer, Upstream};

/// How long anything here may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `spin-harness up`; dropping it kills it.
pub(crate) struct Up {
    child: Child,
    pub(crate) address: String,
    stdout: Vec<String>,
    stderr: Receiver<String>,
    seen: Vec<String>,
}

impl Drop for Up {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The command on a free port, with little address space.
fn up_command() -> Command {
    let mut command = spin_harness();
    command.args(["up", "--listen", "127.0.0.1:0", "--max-instances", "40"]);
    command
}

/// Starts it for a folder whose application has `n_routes` routes to be printed.
pub(crate) fn up(folder: &Path, n_routes: usize, arguments: &[&str]) -> Up {
    let mut command = up_command();
    command.arg("-f").arg(folder).args(arguments);
    start(&mut command, n_routes)
}

fn start(command: &mut Command, n_routes: usize) -> Up {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("spin-harness starts");
    let (sender, stderr) = channel();
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let stdout: Vec<String> = lines
        .by_ref()
        .take(1 + n_routes)
        .map_while(Result::ok)
        .collect();
    let address = stdout
        .first()
        .and_then(|line| line.strip_prefix("Serving http://"));
    let Some(address) = address.map(ToOwned::to_owned) else {
        drop(child.wait());
        panic!(
            "not served: {stdout:?} {:?}",
            stderr.iter().collect::<Vec<_>>()
        );
    };
    Up {
        child,
        address,
        stdout,
        stderr,
        seen: Vec::new(),
    }
}

impl Up {
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Waits for a line on stderr that contains all of `parts`.
    #[track_caller]
    pub(crate) fn line(&mut self, parts: &[&str]) -> String {
        self.lines(vec![parts]);
        self.seen.last().expect("a line").clone()
    }

    /// Waits for a line for each of `wanted`, in any order.
    #[track_caller]
    pub(crate) fn lines(&mut self, mut wanted: Vec<&[&str]>) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.stderr.recv_timeout(left) else {
                panic!("no line with {wanted:?} among {:#?}", self.seen);
            };
            wanted.retain(|parts| !parts.iter().all(|part| line.contains(part)));
            self.seen.push(line);
        }
    }

    /// Asks it to stop, as a terminal or a supervisor does, and waits for its exit code.
    #[track_caller]
    fn stop(&mut self, signal: rustix::process::Signal) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

const FRONT: &str = "[component.front]\nsource = \"COMPONENT\"\n";

#[test]
fn it_says_where_it_listens_logs_each_request_and_stops_at_a_signal() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = folder(&[("/a/...", "front"), ("/echo", "front")], FRONT);
        let mut up = up(folder.path(), 2, &[]);
        let base = format!("http://{}", up.address);
        assert_eq!(
            up.stdout,
            [
                format!("Serving {base}"),
                format!("  {base}/echo -> front"),
                format!("  {base}/a/... -> front"),
            ]
        );
        assert!(up.get("/echo?q=1").starts_with("HTTP/1.1 200 OK\r\n"));
        up.line(&[
            "INFO",
            "component=\"front\"",
            "path=\"/echo?q=1\"",
            "route=\"/echo\"",
            "status=200",
        ]);
        assert!(up.get("/nowhere").starts_with("HTTP/1.1 404 "));
        up.line(&["path=\"/nowhere\"", "status=404"]);
        assert_eq!(up.stop(signal), Some(0));
    }
}

#[test]
fn a_guest_that_fails_is_a_line_with_its_reason_and_its_stderr_passes_through() {
    let folder = folder(&[("/...", "front")], FRONT);
    let mut up = up(folder.path(), 1, &["--wall-time", "2s"]);
    assert!(up.get("/panic").starts_with("HTTP/1.1 500 "));
    up.line(&[
        "INFO",
        "the probe was told to panic",
        "component=\"front\"",
        "stream=\"stderr\"",
    ]);
    up.line(&["ERROR", "it aborted", "status=500", "backtrace="]);
    up.line(&["wire_probe::Component"]);
    assert!(up.get("/loop").starts_with("HTTP/1.1 504 "));
    up.line(&["ERROR", "limit of 2s on wall time", "status=504"]);
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
}

#[test]
fn the_log_for_programs_is_one_json_object_a_line() {
    let upstream = Upstream::always(Answer::ok("ok"));
    let folder = folder(
        &[("/...", "front")],
        &format!(
            "{FRONT}allowed_outbound_hosts = [\"http://{{{{ host }}}}\", \"https://unused.test\"]\n[variables]\nhost = {{ required = true }}\n"
        ),
    );
    let variable = format!("host={}", upstream.authority());
    let mut up = up(
        folder.path(),
        1,
        &["--log-format", "json", "--variable", &variable],
    );
    let mut stream = TcpStream::connect(&up.address).unwrap();
    let body = format!(
        "[{{\"method\":\"GET\",\"uri\":\"{}\"}}]",
        upstream.url("/x")
    );
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");

    let outbound: Value = serde_json::from_str(&up.line(&["spin_harness::outbound"])).unwrap();
    assert_eq!(outbound["component"], "front");
    assert_eq!(outbound["url"], upstream.url("/x"));
    assert_eq!(outbound["rule"], "http://{{ host }}");
    assert_eq!(outbound["status"], 200);
    let inbound: Value = serde_json::from_str(&up.line(&["spin_harness::inbound"])).unwrap();
    assert_eq!(inbound["route"], "/...");
    assert_eq!(inbound["level"], "INFO");

    assert_eq!(up.stop(rustix::process::Signal::TERM), Some(0));
    let usage: Value = serde_json::from_str(&up.line(&["sufficient"])).unwrap();
    assert_eq!(usage["unused"], "https://unused.test");
    assert_eq!(usage["sufficient"], upstream.url(""));
}

#[test]
fn a_signal_right_after_the_start_stops_in_order_and_leaves_no_files() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP] {
        let folder = folder(
            &[("/...", "front")],
            &format!("{FRONT}files = [\"spin.toml\"]\n"),
        );
        let temporary = tempfile::tempdir().unwrap();
        let mut command = up_command();
        command
            .args(["--watch", "-f"])
            .arg(folder.path())
            .env("TMPDIR", temporary.path());
        let mut up = start(&mut command, 1);
        assert_eq!(up.stop(signal), Some(0));
        let left: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn what_changes_on_disk_is_reloaded_and_what_is_broken_is_not() {
    let folder = folder(&[("/echo", "front")], FRONT);
    let mut up = up(folder.path(), 1, &["--watch"]);
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));

    write_manifest(
        folder.path(),
        &[("/echo", "front"), ("/new/...", "front")],
        FRONT,
    );
    up.line(&["INFO", "reloaded: "]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the probe answers");

    std::fs::write(
        folder.path().join("spin.toml"),
        "spin_manifest_version = 2\nnonsense",
    )
    .unwrap();
    up.line(&["not reloaded", "spin.toml:2"]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the old one goes on");

    // A component that is not there yet, and then is: first as nonsense, as a compiler's first half.
    let own = "[component.front]\nsource = \"app.wasm\"\n";
    write_manifest(folder.path(), &[("/echo", "front")], own);
    up.line(&["not reloaded", "app.wasm"]);
    let component = folder.path().join("app.wasm");
    std::fs::write(&component, "nonsense").unwrap();
    up.line(&["not reloaded", "app.wasm", "not WebAssembly"]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the old one goes on");
    std::fs::copy(test_support::guests::probe_path("wire_probe"), &component).unwrap();
    up.line(&["INFO", "reloaded: "]);
    assert!(up.get("/new/x").starts_with("HTTP/1.1 404 "));
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
}

#[test]
fn one_change_is_one_reload_and_reading_is_none() {
    let folder = folder(&[("/echo", "front")], FRONT);
    let mut up = up(folder.path(), 1, &["--watch"]);
    std::fs::read(folder.path().join("spin.toml")).unwrap();
    write_manifest(
        folder.path(),
        &[("/echo", "front"), ("/new", "front")],
        FRONT,
    );
    up.line(&["INFO", "reloaded: "]);
    std::fs::read(folder.path().join("spin.toml")).unwrap();
    // The last change is answered last, so whatever came in between is on record before it.
    write_manifest(
        folder.path(),
        &[("/echo", "front"), ("/last", "front")],
        FRONT,
    );
    up.line(&["INFO", "reloaded: "]);
    assert_eq!(up.stop(rustix::process::Signal::TERM), Some(0));
    up.line(&["permissions"]);
    let n_reloads = up
        .seen
        .iter()
        .filter(|line| line.contains("reloaded: "))
        .count();
    assert_eq!(n_reloads, 2, "{:#?}", up.seen);
}

#[test]
fn the_permissions_at_the_end_know_what_was_called_before_a_reload() {
    let entry = "allowed_outbound_hosts = [\"http://self\"]\n";
    let folder = folder(&[("/...", "front")], &format!("{FRONT}{entry}"));
    let mut up = up(folder.path(), 1, &["--watch"]);
    assert!(up.get("/call-self").starts_with("HTTP/1.1 200 "));
    write_manifest(
        folder.path(),
        &[("/a/...", "front")],
        &format!("{FRONT}{entry}"),
    );
    up.line(&["INFO", "reloaded: "]);
    assert_eq!(up.stop(rustix::process::Signal::INT), Some(0));
    up.line(&["permissions", "unused=\"-\"", "sufficient=\"http://self\""]);
}

#[test]
fn what_cannot_be_served_is_exit_code_2_and_names_file_line_and_way_out() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let listed = |hosts: &str| format!("{FRONT}allowed_outbound_hosts = [{hosts}]\n");
    for (rest, arguments, code, want) in [
        (
            FRONT.to_owned(),
            &["--component", "back"][..],
            2,
            "unknown component `back`; the manifest defines front",
        ),
        (
            listed("\"https://a.test/path\""),
            &[],
            2,
            "spin.toml:10: component `front`",
        ),
        (listed("\"https://{{ none }}\""), &[], 2, "spin.toml:10"),
        (
            "[component.front]\nsource = \"none.wasm\"\n".to_owned(),
            &[],
            2,
            "none.wasm",
        ),
        (FRONT.to_owned(), &["--listen", &taken], 1, "choose another"),
        (
            FRONT.to_owned(),
            &["--block", "10.0.0.0/99"],
            2,
            "10.0.0.0/99",
        ),
    ] {
        let folder = folder(&[("/...", "front")], &rest);
        let output = spin_harness()
            .args(["up", "--max-instances", "40", "-f"])
            .arg(folder.path())
            .args(if arguments.contains(&"--listen") {
                &[][..]
            } else {
                &["--listen", "127.0.0.1:0"]
            })
            .args(arguments)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(want), "{want} in {stderr}");
        assert_eq!(output.stdout, b"");
    }
    let output = spin_harness().args(["up", "-f", "/none"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/none"));
}

#[test]
fn the_end_of_stdin_stops_it_if_that_is_asked_for() {
    let folder = folder(&[("/...", "front")], FRONT);
    let mut command = up_command();
    command
        .arg("-f")
        .arg(folder.path())
        .arg("--until-stdin-closes")
        .stdin(Stdio::piped());
    let mut up = start(&mut command, 1);
    assert!(up.get("/environment").starts_with("HTTP/1.1 200"));
    drop(up.child.stdin.take());
    let (ended, exit_code) = channel();
    let mut child = std::mem::replace(&mut up.child, Command::new("true").spawn().unwrap());
    thread::spawn(move || ended.send(child.wait().expect("it ends").code()));
    assert_eq!(exit_code.recv_timeout(PATIENCE), Ok(Some(0)));
}

#[test]
fn the_example_of_two_components_calls_itself_and_the_outside() {
    let example = example_folder("rust-two-components");
    build(&example, "wasm32-wasip2");
    let upstream = Upstream::always(Answer::ok("news\n"));
    let mut command = up_command();
    command
        .arg("--env")
        .arg(format!("UPSTREAM={}", upstream.url("/news")))
        .env("SPIN_VARIABLE_UPSTREAM", upstream.url(""))
        .current_dir(&example);
    let mut up = start(&mut command, 1);
    let response = up.get("/");
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "back says: Hello, front\noutside says: news\n");
    assert_eq!(upstream.next().request_line(), "GET /news HTTP/1.1");
    for line in [
        ["component=\"back\"", "url=\"http://self/name\""],
        [
            "component=\"front\"",
            "url=\"http://back.spin.internal/greeting\"",
        ],
        ["component=\"front\"", "rule=\"{{ upstream }}\""],
    ] {
        up.line(&line);
    }
    assert_eq!(up.stop(rustix::process::Signal::TERM), Some(0));
    up.line(&["permissions", "component=\"front\"", "unused=\"-\""]);
}
