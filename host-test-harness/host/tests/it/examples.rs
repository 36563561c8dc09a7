//! The examples behave as their READMEs say.

use std::path::PathBuf;

use bytes::Bytes;
use http::Request;
use spin_harness::mocks::{self, Mocks, bytes, post};
use spin_harness::{
    Guest, Limits, Manifest, Output, OutputBuffer, TestApp, World, componentize_file,
};

use test_support::golden::assert_golden;
use test_support::guests::{
    allow, block_on, build, builder, example_folder, example_of_both_backends, run, shared,
};

/// The largest size of the Rust example's component: 151 KiB.
const MAX_COMPONENT_BYTES: u64 = 151 << 10;

const UPSTREAM: &str = "http://upstream.test";

fn rust_outbound_http_component() -> PathBuf {
    build(&example_folder("rust-outbound-http"), "wasm32-wasip2").join("rust_outbound_http.wasm")
}

/// An example that may call its upstream and itself.
fn guest(component: &[u8], name: &str) -> Guest {
    shared()
        .load(component)
        .expect("the example loads")
        .guest(name)
        .allow_list(allow(&["upstream.test", "self"]))
        .env("UPSTREAM", UPSTREAM)
}

/// Checks that the component responds to every path with the text in `expected/`, and prints it too.
fn check_rust_outbound_http(component: &[u8]) {
    let expected = example_folder("rust-outbound-http").join("expected");
    let message = serde_json::json!({"message": "Hello from a component"});
    for name in ["get", "post", "denied", "self", "hello"] {
        let mocks = match name {
            "get" => Mocks::new().expect(
                mocks::get(format!("{UPSTREAM}/get")),
                bytes("ok").header("content-type", "text/plain"),
            ),
            "post" => Mocks::new().expect(
                post(format!("{UPSTREAM}/post"))
                    .header("content-type", "application/json")
                    .json(&message),
                bytes(message.to_string()).status(201),
            ),
            _ => Mocks::new(),
        };
        let stdout = OutputBuffer::new(64 << 10);
        let guest = guest(component, "rust-outbound-http").stdout(Output::Buffer(stdout.clone()));
        let app = TestApp::guest(guest).mocks(&mocks);
        let response = block_on(app.get(format!("/{name}"))).expect("the example responds");
        let got = String::from_utf8_lossy(response.body());
        assert!(
            stdout.text().ends_with(&*got),
            "stdout ends with the response's body"
        );
        // Only wasi:http has an error code.
        let got = got.replace(" (HTTP-request-denied)", "");
        let got = got.replace(UPSTREAM, "UPSTREAM");
        assert_golden(&expected.join(format!("{name}.txt")), &got);
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
    let n_bytes = std::fs::metadata(rust_outbound_http_component())
        .unwrap()
        .len();
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
    let stderr = OutputBuffer::new(4096);
    let guest = shared()
        .load_file(rust_outbound_http_component())
        .unwrap()
        .guest("app")
        .stderr(Output::Buffer(stderr.clone()));
    let response = block_on(guest.get("/get")).unwrap();
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
        let mocks = Mocks::new().expect(
            mocks::get(format!("{UPSTREAM}/")),
            bytes("hello\n").header("content-type", "text/plain"),
        );
        let harness = builder(Limits::default()).mocks(&mocks).build().unwrap();
        let stdout = OutputBuffer::new(4096);
        let guest = harness
            .load_file(component)
            .unwrap()
            .guest("rust-command")
            .allow_list(allow(&["upstream.test"]))
            .stdout(Output::Buffer(stdout.clone()));
        let status = run(&guest, &[&format!("{UPSTREAM}/")]).unwrap();
        assert_eq!(status, 0, "{backend}");
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
        let request = post(format!("{UPSTREAM}/v1?q=1"))
            .header("x-a", "1")
            .without_header("spin-client-addr")
            .text("ping");
        let request = match way {
            "host" => request.header("host", "another.test"),
            _ => request.without_header("host"),
        };
        let mocks = Mocks::new().expect(
            request,
            bytes("body")
                .header("content-length", "4")
                .header("x-a", "1")
                .header("x-a", "2"),
        );
        let component = std::fs::read(component).unwrap();
        let app = TestApp::guest(guest(&component, "rust-proxy")).mocks(&mocks);
        let request = Request::post(format!("/{way}/v1?q=1"))
            .header("host", "client.test")
            .header("spin-client-addr", "192.0.2.1:1")
            .header("x-a", "1")
            .body(Bytes::from("ping"))
            .unwrap();
        let response = block_on(app.request(request)).expect("the proxy responds");
        assert_eq!(response.body(), body, "{backend} {way}");
        assert_eq!(response.headers()["content-length"], "4", "{backend} {way}");
        let n_values = response.headers().get_all("x-a").iter().count();
        assert_eq!(n_values, 2, "{backend} {way}");
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
