//! What only guests of `wasi:http` 0.3 do, and the limits in the engine that they have of their own.

use std::future::ready;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use spin_harness::{ErrorKind, Harness, Limits, Outcome};

use super::observed;
use crate::support::server::serve;
use test_support::application::{folder, load};
use test_support::guests::{ProbeRequest, block_on, builder, get, handle, probe_path, send};
use test_support::published::SPIN_SDK_7;
use test_support::upstream::{ScriptedResponse, Upstream};

#[test]
fn a_response_that_the_guest_hands_on_unread_keeps_its_bytes_and_is_on_record() {
    let upstream = Upstream::always(ScriptedResponse::ok("12345"));
    let (harness, exchanges) = observed(Limits::default());
    let guest = SPIN_SDK_7.guest_in(harness, &[&upstream.authority()]);
    let response = get(&guest, &format!("/pass?{}", upstream.url("/"))).unwrap();
    assert_eq!(response.body(), "12345");
    let exchanges = exchanges.lock().unwrap();
    assert!(
        matches!(
            exchanges[..],
            [spin_harness::Exchange {
                outcome: Outcome::Response {
                    status: 200,
                    body_bytes: 5
                },
                ..
            }]
        ),
        "{exchanges:?}"
    );
}

#[test]
fn a_response_that_is_too_large_is_cut_off_where_the_guest_hands_it_on_unread() {
    let small = Limits {
        response_body_bytes: 1000,
        ..Limits::default()
    };
    let large = "x".repeat(1001);
    let chunked = format!("transfer-encoding: chunked\r\n\r\n3e9\r\n{large}\r\n0\r\n\r\n");
    for (answer, kind, message) in [
        (
            ScriptedResponse::ok(large),
            ErrorKind::LimitReached,
            "the limit of 1000 bytes",
        ),
        (
            ScriptedResponse::raw(format!("HTTP/1.1 200 OK\r\n{chunked}")),
            ErrorKind::InvalidResponse,
            "HTTP response body size exceeds limit: 1000 bytes",
        ),
    ] {
        let upstream = Upstream::always(answer);
        let guest = SPIN_SDK_7.guest_in(builder(small.clone()), &[&upstream.authority()]);
        let error = get(&guest, &format!("/pass?{}", upstream.url("/"))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn trailers_pass_both_ways() {
    let upstream = Upstream::always(ScriptedResponse::raw(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-end: 1\r\n\r\n",
    ));
    let manifest = format!(
        "[component.published]\nsource = \"{}\"\nallowed_outbound_hosts = [\"http://{}\"]\n",
        SPIN_SDK_7.path().display(),
        upstream.authority()
    );
    let folder = folder(&[("/...", "published")], &manifest);
    let running = serve(load(folder.path(), builder(Limits::default())));
    // Only HTTP/2 has trailers that nobody needs to ask for.
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    for path in ["/echo", &format!("/proxy?{}", upstream.url("/"))] {
        let mut trailers = HeaderMap::new();
        trailers.append("x-end", HeaderValue::from_static("1"));
        let body = Full::new(Bytes::from_static(b"x"));
        let body = body.with_trailers(ready(Some(Ok(trailers.clone()))));
        let request = Request::post(format!("http://{}{path}", running.address)).body(body);
        let collected = block_on(async {
            let response = client.request(request.unwrap()).await.unwrap();
            response.into_body().collect().await.unwrap()
        });
        assert_eq!(collected.trailers(), Some(&trailers), "{path}");
        assert_eq!(collected.to_bytes(), "x", "{path}");
    }
}

/// A component that says that it is one of 0.3, by an export that nobody calls.
fn with_export_of_0_3(mut component: Vec<u8>) -> Vec<u8> {
    const EXPORT_SECTION: u8 = 11;
    const INSTANCE: u8 = 5;
    let name = b"wasi:cli/environment@0.3.0";
    let n_bytes = u8::try_from(name.len()).unwrap();
    component.extend([EXPORT_SECTION, n_bytes + 6, 1, 0, n_bytes]);
    component.extend(name);
    component.extend([INSTANCE, 0, 0]);
    component
}

#[test]
fn guests_of_both_interfaces_call_each_other_within_the_engine_of_0_3() {
    let manifest = "
[component.wire]
source = \"wire.wasm\"
allowed_outbound_hosts = [\"http://self\", \"http://published.spin.internal\"]

[component.published]
source = \"PUBLISHED\"
allowed_outbound_hosts = [\"http://self\"]
";
    let published = SPIN_SDK_7.path();
    let manifest = manifest.replace("PUBLISHED", published.to_str().unwrap());
    let folder = folder(&[("/", "wire"), ("/...", "published")], &manifest);
    let wire = with_export_of_0_3(std::fs::read(probe_path("wire_probe")).unwrap());
    std::fs::write(folder.path().join("wire.wasm"), wire).unwrap();
    let application = load(folder.path(), builder(Limits::default()));
    for (path, uri) in [
        ("/", "/"),
        ("/", "http://published.spin.internal/"),
        ("/published", "/"),
        ("/published", "/published"),
    ] {
        let body = format!(r#"[{{ "method": "POST", "uri": "{uri}", "body": "W10=" }}]"#);
        let request = Request::post(path).body(Bytes::from(body)).unwrap();
        let response = block_on(application.handle(request)).unwrap();
        let outcome = String::from_utf8_lossy(response.body()).into_owned();
        // The one that was called was asked to call nobody, `[]`, and answered with no outcome.
        assert!(
            outcome.contains(r#""body":"W10=""#),
            "{path} {uri}: {outcome}"
        );
    }
}

#[test]
fn memory_exits_and_instances_are_bounded_and_named() {
    let small = Limits {
        memory_bytes: 2 << 20,
        ..Limits::default()
    };
    let guest = SPIN_SDK_7.guest_in(builder(small), &[]);
    let request = Request::post("/").body(Bytes::from(vec![b' '; 5 << 20]));
    let error = handle(&guest, request.unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
    assert!(
        error
            .to_string()
            .contains("ran out of memory (limit: 2097152 bytes)"),
        "{error}"
    );

    let error = get(&guest, "/exit").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exited, "{error}");
    assert!(error.to_string().contains("code 1"), "{error}");

    let alone = Limits {
        instances: 1,
        ..Limits::default()
    };
    let guest = SPIN_SDK_7.guest_in(Harness::builder().limits(alone), &["self"]);
    let got = send(&guest, ProbeRequest::get("/hello"));
    let message = "could not start: all 1 instances are in use";
    assert!(got.error().contains(message), "{got:?}");
    assert_eq!(get(&guest, "/hello").unwrap().status(), 200);
}
