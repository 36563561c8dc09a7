//! The command `spin-harness up`, as a user starts it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::thread;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::up::{PATIENCE, start, up, up_command};
use test_support::application::{folder, write_manifest};
use test_support::guests::{build, example_folder, probe_path};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

const FRONT: &str = "[component.front]\nsource = \"COMPONENT\"\n";

#[test]
fn up_prints_its_routes_logs_each_request_and_stops_at_each_signal() {
    check_rows([Signal::INT, Signal::TERM, Signal::HUP], |&signal| {
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
    });
}

/// The pipe is full after 64 KiB; the log of each request takes more than 8 KB.
#[test]
fn a_server_whose_stderr_nobody_reads_serves_and_stops() {
    let folder = folder(&[("/...", "front")], FRONT);
    for log_format in ["human", "json"] {
        let mut child = up_command()
            .arg(folder.path())
            .args(["--log-format", log_format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let unread = child.stderr.take().unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("Serving http://").unwrap();
        let query = "x".repeat(8 << 10);
        for _ in 0..40 {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let head =
                format!("GET /echo?{query} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).unwrap();
            assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        let (sender, ended) = channel();
        thread::spawn(move || sender.send(child.wait().unwrap().code()));
        assert_eq!(ended.recv_timeout(PATIENCE), Ok(Some(0)), "{log_format}");
        drop(unread);
    }
}

#[test]
fn each_file_of_an_application_is_compiled_once_and_the_log_says_how_many_at_a_time() {
    let same = "[component.same]\nsource = \"COMPONENT\"\n";
    let other = "[component.other]\nsource = \"other.wasm\"\n";
    let routes = [("/...", "front"), ("/same", "same"), ("/other", "other")];
    let folder = folder(&routes, &format!("{FRONT}{same}{other}"));
    // An empty custom section makes it another component.
    let mut bytes = fs::read(probe_path("wire_probe")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    fs::write(folder.path().join("other.wasm"), bytes).unwrap();
    let mut command = up_command();
    command
        .arg(folder.path())
        .env("XDG_CACHE_HOME", folder.path());
    let mut up = start(&mut command, routes.len());
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
    up.line(&["path=\"/echo\""]);
    let count = |text| up.seen.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("loading 2 components, "), 1, "{:#?}", up.seen);
    assert_eq!(count("compiling a component"), 2, "{:#?}", up.seen);
    assert_eq!(up.stop(Signal::TERM), Some(0));
}

#[test]
fn a_request_body_that_is_cut_off_is_logged_with_the_reason() {
    let folder = folder(&[("/...", "front")], FRONT);
    // The page records the request.
    for options in [&[][..], &["--inspect"]] {
        let mut up = up(folder.path(), 1, options);
        let mut stream = TcpStream::connect(&up.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = "POST /echo HTTP/1.1\r\nhost: a.test\r\ncontent-length: 100\r\n\r\nabc";
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        let line = up.line(&["WARN", "path=\"/echo\"", "status=400"]);
        assert!(
            line.contains("the client cut off the request body: error reading a body"),
            "{line}"
        );
        assert_eq!(up.stop(Signal::TERM), Some(0));
    }
}

#[test]
fn up_takes_its_manifest_as_an_argument_or_an_option() {
    let folder = folder(&[("/...", "front")], FRONT);
    let file = folder.path().join("spin.toml");
    for (options, path) in [
        (&[][..], folder.path()),
        (&[], &file),
        (&["--manifest"], folder.path()),
        (&["--from"], &file),
        (&["-f"], &file),
    ] {
        let mut up = start(up_command().args(options).arg(path), 1);
        assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
        assert_eq!(up.stop(Signal::TERM), Some(0));
    }
    let mut up = start(up_command().current_dir(folder.path()), 1);
    assert_eq!(up.stop(Signal::TERM), Some(0));
}

#[test]
fn a_failed_guest_is_logged_with_its_reason_its_backtrace_and_its_stderr() {
    let folder = folder(&[("/...", "front")], FRONT);
    let mut up = up(folder.path(), 1, &["--wall-time", "2s"]);
    assert!(up.get("/panic").starts_with("HTTP/1.1 500 "));
    up.line(&["ERROR", "thread '", "panicked at "]);
    up.line(&[
        "    the probe was told to panic",
        "component=\"front\"",
        "stream=\"stderr\"",
    ]);
    up.line(&["ERROR", "` aborted", "status=500", "backtrace="]);
    up.line(&["wire_probe::Component"]);
    assert!(up.get("/loop").starts_with("HTTP/1.1 504 "));
    up.line(&["ERROR", "wall-time limit of 2s", "status=504"]);
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
}

#[test]
fn the_json_log_has_one_object_per_line() {
    let upstream = Upstream::always(ScriptedResponse::ok("ok"));
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

    assert_eq!(up.stop(Signal::TERM), Some(0));
    let usage: Value = serde_json::from_str(&up.line(&["sufficient"])).unwrap();
    assert_eq!(usage["unused"], "https://unused.test");
    assert_eq!(usage["sufficient"], upstream.url(""));
}

#[test]
fn a_signal_right_after_the_start_leaves_no_temporary_files() {
    check_rows([Signal::TERM, Signal::HUP], |&signal| {
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
    });
}

#[test]
fn a_change_is_reloaded_and_a_broken_version_is_not() {
    let folder = folder(&[("/echo", "front")], FRONT);
    let mut up = up(folder.path(), 1, &["--watch"]);
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));

    write_manifest(
        folder.path(),
        &[("/echo", "front"), ("/new/...", "front")],
        FRONT,
    );
    up.line(&["INFO", "reloaded: "]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the new route");

    std::fs::write(
        folder.path().join("spin.toml"),
        "spin_manifest_version = 2\nnonsense",
    )
    .unwrap();
    up.line(&["not reloaded", "spin.toml:2"]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the old version");

    // A component that is missing at first, then invalid like the first half of a compiler's output.
    let own = "[component.front]\nsource = \"app.wasm\"\n";
    write_manifest(folder.path(), &[("/echo", "front")], own);
    up.line(&["not reloaded", "app.wasm"]);
    let component = folder.path().join("app.wasm");
    std::fs::write(&component, "nonsense").unwrap();
    up.line(&["not reloaded", "app.wasm", "not WebAssembly"]);
    assert!(up.get("/new/x").ends_with("/new/x"), "the old version");
    std::fs::copy(test_support::guests::probe_path("wire_probe"), &component).unwrap();
    up.line(&["INFO", "reloaded: "]);
    assert!(up.get("/new/x").starts_with("HTTP/1.1 404 "));
    assert!(up.get("/echo").starts_with("HTTP/1.1 200 "));
}

#[test]
fn each_change_is_reloaded_once_and_a_read_is_not_a_change() {
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
    // Reloads happen in order, so an unwanted one would be logged before this one.
    write_manifest(
        folder.path(),
        &[("/echo", "front"), ("/last", "front")],
        FRONT,
    );
    up.line(&["INFO", "reloaded: "]);
    assert_eq!(up.stop(Signal::TERM), Some(0));
    up.line(&["permissions"]);
    let n_reloads = up
        .seen
        .iter()
        .filter(|line| line.contains("reloaded: "))
        .count();
    assert_eq!(n_reloads, 2, "{:#?}", up.seen);
}

#[test]
fn the_permissions_logged_at_the_end_include_calls_before_a_reload() {
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
    assert_eq!(up.stop(Signal::INT), Some(0));
    up.line(&["permissions", "unused=\"-\"", "sufficient=\"http://self\""]);
}

#[test]
fn the_example_of_two_components_calls_its_own_components_and_an_upstream() {
    let example = example_folder("rust-two-components");
    build(&example, "wasm32-wasip2");
    let upstream = Upstream::always(ScriptedResponse::ok("news\n"));
    let mut command = up_command();
    command
        .env("SPIN_VARIABLE_UPSTREAM", upstream.url(""))
        .current_dir(&example);
    let mut up = start(&mut command, 1);
    let response = up.get("/");
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "back says: Hello, front\noutside says: news\n");
    assert_eq!(upstream.next().request_line(), "GET /get HTTP/1.1");
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
    assert_eq!(up.stop(Signal::TERM), Some(0));
    up.line(&["permissions", "component=\"front\"", "unused=\"-\""]);
}

#[test]
fn a_new_file_that_matches_a_pattern_is_reloaded() {
    let files = format!("{FRONT}files = [\"pages/**/*\"]\n");
    let folder = folder(&[("/...", "front")], &files);
    let pages = folder.path().join("pages");
    std::fs::create_dir_all(pages.join("old")).unwrap();
    std::fs::write(pages.join("old/a.txt"), "A").unwrap();
    let mut up = up(folder.path(), 1, &["--watch"]);
    assert!(
        up.get("/read?/pages/old/a.txt")
            .starts_with("HTTP/1.1 200 ")
    );
    for name in ["old/b.txt", "new/c.txt"] {
        let file = pages.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, name).unwrap();
        up.line(&["INFO", "reloaded: "]);
        let response = up.get(&format!("/read?/pages/{name}"));
        assert!(response.ends_with(name), "{response}");
    }
}

#[test]
fn the_log_as_a_tree_has_the_calls_beneath_their_request() {
    let upstream = Upstream::start([
        ScriptedResponse::redirect(302, "/b"),
        ScriptedResponse::ok("ok"),
    ]);
    let permission = format!(
        "allowed_outbound_hosts = [\"http://{}\"]\n",
        upstream.authority()
    );
    let folder = folder(&[("/...", "front")], &format!("{FRONT}{permission}"));
    let mut up = up(folder.path(), 1, &["--log-format", "tree"]);
    let mut stream = TcpStream::connect(&up.address).unwrap();
    let url = upstream.url("/a");
    let length = url.len();
    write!(
        stream,
        "POST /relay HTTP/1.1\r\nhost: a.test\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{url}"
    )
    .unwrap();
    up.line(&["POST http://a.test/relay 200 front "]);
    up.line(&["├─ GET http://", "/a 302 ", ", allowed by http://"]);
    up.line(&["└─ redirect 1: GET http://", "/b 200 "]);
    up.get("/panic");
    up.line(&["GET http://a.test/panic 500 front "]);
    up.line(&["wire_probe::Component"]);
    up.line(&["└─ stderr of front: ", "panicked at "]);
    assert_eq!(up.stop(Signal::TERM), Some(0));
    let flat = up.seen.iter().find(|line| line.contains("INFO inbound"));
    assert_eq!(flat, None);
}

#[test]
fn the_traffic_page_is_printed_after_the_routes() {
    let folder = folder(&[("/...", "front")], FRONT);
    for option in ["--inspect", "--inspect=127.0.0.1:0"] {
        let mut up = up(folder.path(), 2, &[option]);
        let line = up.stdout.last().unwrap();
        let page = line.strip_prefix("Traffic page: http://127.0.0.1:");
        let (port, token) = page.unwrap().split_once("/?token=").unwrap();
        assert!(port.parse::<u16>().is_ok() && token.len() >= 32, "{line}");
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET /?token={token} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 303 "), "{response}");
        assert_eq!(up.stop(Signal::TERM), Some(0));
    }
}
