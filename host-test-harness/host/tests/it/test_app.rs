//! An application under test that is built first, and whose bodies stream.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt as _;
use spin_harness::mocks::{Mocks, pieces, post};
use spin_harness::{Bytes, ErrorKind, TestApp};
use test_support::application::folder;
use test_support::guests::{block_on, build, example_folder};

#[test]
fn the_build_commands_of_the_manifest_run_first() {
    let rest = "
[component.app]
source = \"built.wasm\"
[component.app.build]
command = [\"echo building\", \"cp COMPONENT built.wasm\"]
";
    let folder = folder(&[("/...", "app")], rest);
    let missing = TestApp::manifest(folder.path()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io, "{missing}");
    let app = block_on(TestApp::build(folder.path())).unwrap();
    assert_eq!(block_on(app.get("/body?3")).unwrap().body(), "xxx");
}

#[test]
fn a_build_command_that_fails_is_named() {
    for (command, problem) in [
        ("exit 3", "the build command `exit 3` in"),
        ("exit 3", "failed: exit status: 3"),
    ] {
        let rest = format!(
            "[component.app]\nsource = \"COMPONENT\"\n[component.app.build]\ncommand = \"{command}\"\n"
        );
        let folder = folder(&[("/...", "app")], &rest);
        let error = block_on(TestApp::build(folder.path())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn a_streamed_response_comes_with_its_head_and_ends_with_its_trailers() {
    let component =
        build(&example_folder("rust-wasi-http"), "wasm32-wasip2").join("rust_wasi_http.wasm");
    let upstream = [(Duration::ZERO, "one "), (Duration::from_millis(1), "two")];
    let mocks = Mocks::new().expect(
        post("https://api.test/a").text("sent"),
        pieces(upstream).status(203),
    );
    let app = TestApp::component(component)
        .unwrap()
        .allow_outbound_hosts(["https://api.test"])
        .unwrap()
        .configure(|guest| guest.env("UPSTREAM", "https://api.test"))
        .mocks(&mocks);
    block_on(async {
        let request = Request::post("/stream/a")
            .body(Bytes::from("sent"))
            .unwrap();
        let response = app.stream(request).await.unwrap();
        assert_eq!(response.status(), 203);
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "one two");
    });
}
