//! The examples behave as their READMEs say.

use std::path::PathBuf;

use bytes::Bytes;
use http::Request;
use spin_harness::{Guest, Limits, Manifest, Output, OutputBuffer, World, componentize_file};

use test_support::golden::assert_golden;
use test_support::guests::{
    allow, build, builder, example_folder, example_of_both_backends, get, handle, run,
};
use test_support::upstream::{ScriptedResponse, Upstream};

/// The largest size of the Rust example's component: 151 KiB.
const MAX_COMPONENT_BYTES: u64 = 151 << 10;

fn rust_outbound_http_component() -> PathBuf {
    build(&example_folder("rust-outbound-http"), "wasm32-wasip2").join("rust_outbound_http.wasm")
}

fn guest(component: &[u8], upstream: &Upstream) -> (Guest, OutputBuffer) {
    let harness = builder(Limits::default()).build().unwrap();
    let stdout = OutputBuffer::new(64 << 10);
    let guest = harness
        .load(component)
        .expect("the example loads")
        .guest("rust-outbound-http")
        .allow_list(allow(&[&upstream.authority(), "self"]))
        .env("UPSTREAM", upstream.url(""))
        .stdout(Output::Buffer(stdout.clone()));
    (guest, stdout)
}

/// Checks that the component responds to every path with the text in `expected/`, and prints it too.
fn check_rust_outbound_http(component: &[u8]) {
    let expected = example_folder("rust-outbound-http").join("expected");
    for name in ["get", "post", "denied", "self", "hello"] {
        let upstream = Upstream::start([match name {
            "get" => ScriptedResponse::raw(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok",
            ),
            _ => ScriptedResponse::raw(
                "HTTP/1.1 201 Created\r\ncontent-length: 36\r\n\r\n{\"message\":\"Hello from a component\"}",
            ),
        }]);
        let (guest, stdout) = guest(component, &upstream);
        let response = get(&guest, &format!("/{name}")).expect("the example responds");
        let port = upstream.authority().split_once(':').unwrap().1.to_owned();
        let got = String::from_utf8_lossy(response.body()).replace(&port, "PORT");
        assert!(
            stdout.text().replace(&port, "PORT").ends_with(&got),
            "stdout ends with the response's body"
        );
        // Only wasi:http has an error code.
        let got = got.replace(" (HTTP-request-denied)", "");
        assert_golden(&expected.join(format!("{name}.txt")), &got);
        if name == "post" {
            let seen = upstream.next();
            assert_eq!(seen.request_line(), "POST /post HTTP/1.1");
            assert_eq!(seen.values("content-type"), ["application/json"]);
            assert_eq!(seen.body, br#"{"message":"Hello from a component"}"#);
        }
    }
}

#[test]
fn rust_outbound_http_answers_as_expected() {
    check_rust_outbound_http(&std::fs::read(rust_outbound_http_component()).unwrap());
}

#[test]
fn rust_outbound_http_answers_as_expected_over_wasi_http() {
    let [_, (_, component)] =
        example_of_both_backends("rust-outbound-http", "rust_outbound_http.wasm");
    check_rust_outbound_http(&std::fs::read(component).unwrap());
}

#[test]
fn rust_outbound_http_is_small() {
    let path = build(&example_folder("rust-outbound-http"), "wasm32-wasip2")
        .join("rust_outbound_http.wasm");
    let n_bytes = std::fs::metadata(path).unwrap().len();
    assert!(n_bytes <= MAX_COMPONENT_BYTES, "{n_bytes} bytes");
}

#[test]
fn rust_outbound_http_works_as_a_componentized_core_module() {
    let core = build(&example_folder("rust-outbound-http"), "wasm32-wasip1")
        .join("rust_outbound_http.wasm");
    let component = componentize_file(core, &World::HttpTrigger).unwrap();
    check_rust_outbound_http(&component);
}

#[test]
fn rust_outbound_http_without_upstream_responds_500_and_logs_the_reason() {
    let component = std::fs::read(rust_outbound_http_component()).unwrap();
    let harness = builder(Limits::default()).build().unwrap();
    let stderr = OutputBuffer::new(4096);
    let guest = harness
        .load(&component)
        .unwrap()
        .guest("app")
        .stderr(Output::Buffer(stderr.clone()));
    let response = get(&guest, "/get").unwrap();
    assert_eq!(response.status(), 500);
    assert!(
        !String::from_utf8_lossy(response.body()).contains("UPSTREAM"),
        "{response:?}"
    );
    assert!(stderr.text().contains("UPSTREAM"), "{}", stderr.text());
}

#[test]
fn rust_command_prints_the_response() {
    for (backend, component) in example_of_both_backends("rust-command", "rust-command.wasm") {
        let upstream = Upstream::start([ScriptedResponse::raw(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nhello\n",
        )]);
        let harness = builder(Limits::default()).build().unwrap();
        let stdout = OutputBuffer::new(4096);
        let guest = harness
            .load_file(component)
            .unwrap()
            .guest("rust-command")
            .allow_list(allow(&[&upstream.authority()]))
            .stdout(Output::Buffer(stdout.clone()));
        assert_eq!(run(&guest, &[&upstream.url("/")]).unwrap(), 0, "{backend}");
        assert_eq!(
            stdout.text(),
            "Status: 200\nContent-Type: text/plain\nhello\n",
            "{backend}"
        );
        let denied = run(&guest, &["https://denied.test/"]).unwrap();
        assert_eq!(denied, 1, "{backend}");
    }
}

#[test]
fn rust_proxy_leaves_the_clients_connection_behind_and_passes_the_response_back() {
    let harness = builder(Limits::default()).build().unwrap();
    let components = example_of_both_backends("rust-proxy", "rust_proxy.wasm");
    let ways = [
        ("as-is", "body"),
        ("copy", "body"),
        ("host", "body"),
        ("upper", "BODY"),
    ];
    for ((backend, component), (way, body)) in components
        .iter()
        .flat_map(|component| ways.map(|way| (component, way)))
    {
        // Over wasi:http a request has the host of its URL.
        if (*backend, way) == ("wasi-http", "host") {
            continue;
        }
        let component = harness.load_file(component).unwrap();
        let upstream = Upstream::start([ScriptedResponse::raw(
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-a: 1\r\nx-a: 2\r\n\r\nbody",
        )]);
        let guest = component
            .guest("rust-proxy")
            .allow_list(allow(&[&upstream.authority()]))
            .env("UPSTREAM", upstream.url(""));
        let request = Request::post(format!("/{way}/v1?q=1"))
            .header("host", "client.test")
            .header("spin-client-addr", "192.0.2.1:1")
            .header("x-a", "1")
            .body(Bytes::from("ping"))
            .unwrap();
        let response = handle(&guest, request).expect("the proxy responds");
        assert_eq!(response.body(), body, "{way}");
        assert_eq!(response.headers()["content-length"], "4", "{way}");
        assert_eq!(response.headers().get_all("x-a").iter().count(), 2, "{way}");
        let seen = upstream.next();
        assert_eq!(seen.request_line(), "POST /v1?q=1 HTTP/1.1", "{way}");
        let host = if way == "host" {
            "another.test".to_owned()
        } else {
            upstream.authority()
        };
        assert_eq!(seen.values("host"), [host.as_str()], "{way}");
        assert!(seen.values("spin-client-addr").is_empty(), "{way}");
        assert_eq!(seen.values("x-a"), ["1"], "{way}");
        assert_eq!(seen.body, b"ping", "{way}");
    }
}

#[test]
fn rust_router_responds_on_every_route() {
    let harness = builder(Limits::default()).build().unwrap();
    for (backend, component) in example_of_both_backends("rust-router", "rust_router.wasm") {
        let guest = harness.load_file(component).unwrap().guest("rust-router");
        for (path, status, body) in [
            ("/", 200, "Home\n"),
            ("/items/7", 200, "Item 7\n"),
            ("/files/a/b.txt", 200, "File a/b.txt\n"),
            ("/other", 404, "Nothing is here\n"),
        ] {
            let response = get(&guest, path).expect("the router responds");
            assert_eq!(response.status(), status, "{backend} {path}");
            assert_eq!(response.body(), body, "{backend} {path}");
        }
    }
}

#[test]
fn rust_wasi_http_follows_redirects_and_names_the_cause_of_an_error() {
    let component =
        build(&example_folder("rust-wasi-http"), "wasm32-wasip2").join("rust_wasi_http.wasm");
    let harness = builder(Limits::default()).build().unwrap();
    let component = harness.load_file(component).unwrap();
    let upstream = Upstream::start([
        ScriptedResponse::redirect(302, "/end"),
        ScriptedResponse::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\nx-a: 2\r\n\r\nok"),
    ]);
    let guest = component
        .guest("rust-wasi-http")
        .allow_list(allow(&[&upstream.authority()]))
        .env("UPSTREAM", upstream.url(""));
    let response = get(&guest, "/start?q=1").expect("the example responds");
    assert_eq!(response.body(), "ok");
    assert_eq!(response.headers().get_all("x-a").iter().count(), 2);
    assert_eq!(upstream.next().request_line(), "GET /start?q=1 HTTP/1.1");
    assert_eq!(upstream.next().request_line(), "GET /end HTTP/1.1");

    let guest = component
        .guest("rust-wasi-http")
        .env("UPSTREAM", "https://denied.test");
    let response = get(&guest, "/").expect("the example responds");
    assert_eq!(response.status(), 502);
    let text = "DestinationNotAllowed, cause: HTTP-request-denied\n";
    assert_eq!(response.body(), text);
}

#[test]
fn rust_wasi_http_ends_a_call_that_takes_longer_than_its_timeout() {
    let component =
        build(&example_folder("rust-wasi-http"), "wasm32-wasip2").join("rust_wasi_http.wasm");
    let harness = builder(Limits::default()).build().unwrap();
    let component = harness.load_file(component).unwrap();
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbo";
    for (response, cause) in [
        (ScriptedResponse::Silence, "HTTP-response-timeout"),
        (
            ScriptedResponse::Bytes(half.into()),
            "connection-read-timeout",
        ),
    ] {
        let upstream = Upstream::start([response]);
        let stderr = OutputBuffer::new(4096);
        let guest = component
            .guest("rust-wasi-http")
            .allow_list(allow(&[&upstream.authority()]))
            .env("UPSTREAM", upstream.url(""))
            .env("TIMEOUT_MS", "200")
            .stderr(Output::Buffer(stderr.clone()));
        let response = get(&guest, "/").expect("the example responds");
        assert_eq!(response.body(), &format!("RuntimeError, cause: {cause}\n"));
        let log = stderr.text();
        assert!(log.contains("the call took longer than 200ms"), "{log}");
    }
}

#[test]
fn the_readme_of_rust_outbound_http_names_every_path() {
    let folder = example_folder("rust-outbound-http");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in std::fs::read_dir(folder.join("expected")).unwrap() {
        let name = entry
            .unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        assert!(readme.contains(&format!("`/{name}`")), "{name}");
    }
}

#[test]
fn the_manifest_of_every_example_is_read_without_a_warning() {
    let mut n_manifests = 0;
    for entry in std::fs::read_dir(example_folder("")).unwrap() {
        let path = entry.unwrap().path().join("spin.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        // The manifest is copied beside empty components, since those of other languages may not be built.
        let folder = tempfile::tempdir().unwrap();
        let sources = text.lines().filter_map(|line| {
            let source = line.strip_prefix("source = \"")?;
            source.strip_suffix('"')
        });
        for source in sources {
            let component = folder.path().join(source);
            std::fs::create_dir_all(component.parent().unwrap()).unwrap();
            std::fs::write(component, "").unwrap();
        }
        let copy = folder.path().join("spin.toml");
        std::fs::write(&copy, text).unwrap();
        let manifest = Manifest::read_with(&copy, &|_| None)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let warnings = &manifest.warnings;
        assert!(warnings.is_empty(), "{}: {warnings:?}", path.display());
        n_manifests += 1;
    }
    assert!(n_manifests >= 8, "{n_manifests}");
}
