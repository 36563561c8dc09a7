//! Connections: keep-alive, a name that does not resolve, and a server of another project.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use spin_harness::Limits;

use test_support::guests::{ProbeRequest, builder, send, send_all, wire_probe, wire_probe_in};
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn calls_reuse_a_connection() {
    let upstream = Upstream::always(ScriptedResponse::ok("x"));
    // With more than one, the client may open a second connection before the first is back in the pool.
    let limits = Limits {
        connections_per_upstream: 1,
        ..Limits::default()
    };
    let guest = wire_probe_in(builder(limits), &[&upstream.authority()]);
    send_all(&guest, &vec![ProbeRequest::get(upstream.url("/")); 20]);
    send(&guest, ProbeRequest::get(upstream.url("/")));
    let connections: Vec<usize> = upstream.rest().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0; 21]);
}

#[test]
fn an_unknown_name_is_a_runtime_error() {
    let guest = wire_probe(&["insecure:allow-all"]);
    let got = send(&guest, ProbeRequest::get("http://does-not-exist.invalid/"));
    assert_eq!(got.error(), "runtime-error");
}

#[test]
fn the_http_server_of_python_serves_a_file() {
    let folder =
        std::env::temp_dir().join(format!("spin-harness-http-server-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("hello.txt"), "served by Python\n").unwrap();
    // The server binds port 0, and prints the port on its first line.
    let mut server = Command::new("python3")
        .args([
            "-u",
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            "--directory",
        ])
        .arg(&folder)
        .arg("0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python3 starts");
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once("/)"))
        .expect("a URL")
        .0
        .to_owned();
    let guest = wire_probe(&[&url]);
    let got = send_all(
        &guest,
        &[
            ProbeRequest::get(format!("{url}/hello.txt")),
            ProbeRequest::get(format!("{url}/none")),
            ProbeRequest::new("HEAD", format!("{url}/hello.txt")),
        ],
    );
    server.kill().unwrap();
    server.wait().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        (got[0].status(), got[0].body()),
        (200, &b"served by Python\n"[..])
    );
    assert_eq!(got[0].values("content-type"), ["text/plain"]);
    assert_eq!(got[1].status(), 404);
    assert_eq!(
        (got[2].values("content-length"), got[2].body()),
        (vec!["17"], &b""[..])
    );
}
