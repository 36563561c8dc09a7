//! An application under test that is built first, and whose bodies stream.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use spin_harness::mocks::{Mocks, pieces, post, stalled};
use spin_harness::outbound::{Body, BodyError};
use spin_harness::{Bytes, Component, Error, ErrorKind, Exchange, Limits, Outcome, TestApp};
use test_support::application::folder;
use test_support::guests::{block_on, build, builder, example_folder, wire_probe, wire_probe_in};
use test_support::table::check_rows;

use crate::support::server::read;

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

/// A component of `fermyon:spin` gets its request whole.
#[test]
fn a_request_body_that_does_not_end_reaches_the_wall_time() {
    let limits = Limits {
        wall_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let app = TestApp::guest(wire_probe_in(builder(limits), &[]));
    // Its sender stays open.
    let (_sender, body) = Channel::<Bytes, BodyError>::new(1);
    let request = Request::post("/echo").body(Body::stream(body)).unwrap();
    let error = block_on(app.stream(request)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WallTimeReached, "{error}");
    let want = "the request body did not end within the wall-time limit of 100ms";
    assert!(error.to_string().contains(want), "{error}");
}

#[test]
fn a_streaming_request_body_is_as_long_as_its_content_length() {
    let app = TestApp::guest(wire_probe_in(builder(Limits::default()), &[]));
    let rows = [
        (vec!["4"], Ok("Some(\"four\")")),
        (vec!["4", "4"], Ok("Some(\"four\")")),
        (
            vec!["3"],
            Err("`content-length: 3` and a body of more bytes"),
        ),
        (vec!["5"], Err("`content-length: 5` and a body of 4 bytes")),
        (
            vec!["4", "5"],
            Err("the header `content-length` is invalid or repeated"),
        ),
        (
            vec!["four"],
            Err("the header `content-length` is invalid or repeated"),
        ),
    ];
    check_rows(rows, |(lengths, want)| {
        let (mut sender, body) = Channel::<Bytes, BodyError>::new(2);
        let mut request = Request::post("/echo");
        for length in lengths {
            request = request.header("content-length", *length);
        }
        let request = request.body(Body::stream(body)).unwrap();
        let got = block_on(async {
            for piece in ["fo", "ur"] {
                sender.send_data(Bytes::from(piece)).await.unwrap();
            }
            drop(sender);
            let body = app.stream(request).await?.into_body().collect().await;
            Ok::<_, Error>(body.unwrap().to_bytes())
        });
        match want {
            Ok(want) => assert!(got.unwrap().ends_with(want.as_bytes())),
            Err(want) => {
                let error = got.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
                assert!(error.to_string().contains(want), "{error}");
            }
        }
    });
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

/// The example `rust-wasi-http` with an upstream that never responds, which must be called until the mocks are dropped, and
/// its calls.
fn stalling_app(component: &Component) -> (TestApp, Mocks, Arc<Mutex<Vec<Exchange>>>) {
    let calls: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let mocks = Mocks::new().expect(post("https://api.test/a"), stalled());
    let observed = Arc::clone(&calls);
    let guest = component
        .guest("app")
        .env("UPSTREAM", "https://api.test")
        .observe(move |exchange| observed.lock().unwrap().push(exchange.clone()));
    let app = TestApp::guest(guest)
        .allow_outbound_hosts(["https://api.test"])
        .unwrap()
        .mocks(&mocks);
    (app, mocks, calls)
}

/// A request for which [`stalling_app`] calls its upstream.
fn request_to_stalled() -> Request<Bytes> {
    Request::post("/stream/a")
        .body(Bytes::from("sent"))
        .unwrap()
}

#[test]
fn the_calls_of_an_invocation_that_reaches_its_wall_time_are_on_record_when_its_error_is() {
    let component =
        build(&example_folder("rust-wasi-http"), "wasm32-wasip2").join("rust_wasi_http.wasm");
    let limits = Limits {
        wall_time: Duration::from_millis(20),
        ..Limits::default()
    };
    let harness = builder(limits).build().unwrap();
    let component = harness.load_file(component).unwrap();
    for _ in 0..20 {
        let (app, _mocks, calls) = stalling_app(&component);
        let error = block_on(app.request(request_to_stalled())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WallTimeReached, "{error}");
        let calls = calls.lock().unwrap();
        assert_eq!(calls.len(), 1);
        assert!(matches!(calls[0].outcome, Outcome::Abandoned));
    }
}

#[test]
fn the_calls_of_a_request_that_is_dropped_are_on_record_when_it_has_ended() {
    let component =
        build(&example_folder("rust-wasi-http"), "wasm32-wasip2").join("rust_wasi_http.wasm");
    let harness = builder(Limits::default()).build().unwrap();
    let component = harness.load_file(component).unwrap();
    for _ in 0..20 {
        let (app, mocks, calls) = stalling_app(&component);
        let mocks = Arc::new(mocks);
        let give_up = async |app: TestApp, mocks: Arc<Mocks>, n_calls: usize| {
            let called = async {
                while mocks.received().len() < n_calls {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                response = app.request(request_to_stalled()) => panic!("{response:?}"),
                () = called => {}
            }
            app.harness().abandoned_ended().await;
        };
        block_on(async {
            // On this thread, where the request runs in a task of its own, and in a task.
            give_up(app.clone(), Arc::clone(&mocks), 1).await;
            tokio::spawn(give_up(app, mocks, 2)).await.unwrap();
        });
        let calls = calls.lock().unwrap();
        assert_eq!(calls.len(), 2);
        for call in &*calls {
            assert!(matches!(call.outcome, Outcome::Abandoned), "{call:?}");
        }
    }
}

#[test]
fn an_application_or_a_component_listens_until_its_server_is_stopped() {
    let rest =
        "[component.app]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://self\"]\n";
    let folder = folder(&[("/...", "app")], rest);
    let guest = wire_probe(&["self"]);
    for app in [
        TestApp::manifest(folder.path()).unwrap(),
        TestApp::guest(guest),
    ] {
        let server = block_on(app.listen()).unwrap();
        let address = server.address();
        assert_eq!(server.url(), format!("http://{address}"));
        let body = "[{\"method\":\"GET\",\"uri\":\"/echo\"}]";
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let response = read(stream);
        let (head, outcomes) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        // The request of the component to itself shows where the server listens.
        let outcomes: serde_json::Value = serde_json::from_str(outcomes).unwrap();
        let headers = outcomes[0]["response"]["headers"].as_array().unwrap();
        let host = serde_json::json!(["host", address.to_string()]);
        assert!(headers.contains(&host), "{outcomes}");
        block_on(server.stop());
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_listens_while_time_is_virtual() {
    let error = TestApp::guest(wire_probe(&[])).listen().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    assert!(error.to_string().contains("time is virtual"), "{error}");
}
