//! An application behind a TCP port, as a client sees it on the wire.

mod shutdown;

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use spin_harness::Limits;

use test_support::application::{folder, load, two_components};
use test_support::guests::{block_on, builder};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

use crate::support::server::serve;

/// A request, of which a failed row shows the start.
struct Abridged(String);

impl fmt::Debug for Abridged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.0.chars().take(80).collect();
        start.fmt(formatter)
    }
}

/// The body of the response that a probe got.
#[track_caller]
fn body_of(outcome: &Value) -> String {
    use base64::Engine as _;
    let body = outcome["response"]["body"]
        .as_str()
        .unwrap_or_else(|| panic!("{outcome}"));
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_request_reaches_the_component_of_its_route_with_the_spin_headers() {
    let running = serve(two_components(Limits::default()));
    let response = running.raw(
        "GET /back/echo HTTP/1.1\r\nhost: a.test:8\r\nspin-client-addr: forged\r\nspin-path-match-a: forged\r\n\
         x-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n",
    );
    // The probe responds to `/echo` only, so `back` responds with the path that it does not know.
    assert!(
        response.starts_with("HTTP/1.1 404 Not Found\r\n"),
        "{response}"
    );
    assert!(response.ends_with("/back/echo"), "{response}");

    let response = running.raw(
        "GET /echo?q=1 HTTP/1.1\r\nhost: a.test:8\r\nspin-client-addr: forged\r\nspin-path-match-a: forged\r\n\
         x-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n",
    );
    for field in [
        "host: a.test:8",
        "x-a: 1\r\nx-a: 2",
        "spin-full-url: http://a.test:8/echo?q=1",
        "spin-path-info: /echo",
        "spin-matched-route: /...",
        "spin-raw-component-route: /...",
        "spin-component-route: ",
        "spin-base-path: /",
        "spin-client-addr: 127.0.0.1:",
    ] {
        assert!(
            response.contains(&format!("\r\n{field}")),
            "{field} in {response}"
        );
    }
    assert!(!response.contains("forged"), "{response}");
    assert!(
        response.ends_with("Method::Get /echo?q=1 Some(\"\")"),
        "{response}"
    );
}

#[test]
fn an_unknown_path_and_a_private_route_are_404() {
    let folder = folder(
        &[("/only", "front"), ("private", "back")],
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://back.spin.internal\"]\n\
         [component.back]\nsource = \"COMPONENT\"\n",
    );
    let running = serve(load(folder.path(), builder(Limits::default())));
    check_rows(["/", "/back", "/only/more", "*"], |path| {
        let response = running.get(path);
        assert!(
            response.starts_with("HTTP/1.1 404 Not Found\r\n"),
            "{response}"
        );
    });
}

#[test]
fn a_self_call_is_routed_by_its_path_whatever_the_host_header_says() {
    let elsewhere = Upstream::always(ScriptedResponse::ok("elsewhere"));
    let running = serve(two_components(Limits::default()));
    let authority = elsewhere.authority();
    let hosts = ["a.test", &authority, "self", "back.spin.internal", ""];
    check_rows(hosts, |host| {
        for uri in ["/back/x", "http://self/back/x", "https://self/back/x"] {
            let outcome = running.ask_with_host("/", uri, host);
            assert_eq!(outcome["response"]["status"], 404, "{outcome}");
            assert_eq!(body_of(&outcome), "/back/x", "{uri}");
        }
        let outcome = running.ask_with_host("/", "/echo", host);
        let headers = outcome["response"]["headers"].to_string();
        assert!(headers.contains(r#"["host","localhost"]"#), "{headers}");
    });
    assert_eq!(elsewhere.rest(), []);
}

#[test]
fn a_component_calls_another_by_name_if_it_is_permitted_to() {
    let running = serve(two_components(Limits::default()));
    let outcome = running.ask("/", "http://back.spin.internal/echo?q=1");
    assert_eq!(body_of(&outcome), "Method::Get /echo?q=1 Some(\"\")");
    // A probe responds to `/` with 400 if the request does not describe calls to make, so `back` responded.
    let outcome = running.ask("/", "http://back.spin.internal");
    assert_eq!(outcome["response"]["status"], 400, "{outcome}");

    let rows = [
        ("http://front.spin.internal/", "destination-not-allowed"),
        ("http://none.spin.internal/", "runtime-error"),
        ("http://x.back.spin.internal/", "destination-not-allowed"),
    ];
    check_rows(rows, |(uri, kind)| {
        assert_eq!(running.ask("/", uri)["error"]["kind"], *kind);
    });
}

#[test]
fn circular_calls_stop_at_the_depth_limit_and_the_application_keeps_serving() {
    let limits = Limits {
        self_call_depth: 5,
        ..Limits::default()
    };
    let running = serve(two_components(limits));
    for _ in 0..2 {
        assert!(running.get("/call-self").ends_with("\r\n\r\n5"));
    }
}

#[test]
fn a_client_with_prior_knowledge_gets_http_2() {
    let running = serve(two_components(Limits::default()));
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<Bytes>>();
    let request = Request::post(format!("http://{}/echo", running.address))
        .body(Full::from("body"))
        .unwrap();
    let response = block_on(client.request(request)).unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let host = response.headers()["host"].to_str().unwrap().to_owned();
    assert_eq!(host, running.address.to_string());
    let body = block_on(response.into_body().collect()).unwrap().to_bytes();
    assert_eq!(body, "Method::Post /echo Some(\"body\")");
}

#[test]
fn an_unlimited_wall_time_does_not_overflow() {
    let endless = Limits {
        wall_time: Duration::MAX,
        ..Limits::default()
    };
    let running = serve(two_components(endless));
    assert!(running.get("/echo").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_connection_is_kept_alive_for_the_next_request() {
    let running = serve(two_components(Limits::default()));
    let response = running.raw(
        "GET /echo?1 HTTP/1.1\r\nhost: a\r\n\r\nGET /echo?2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    );
    assert!(response.contains("Method::Get /echo?1 "), "{response}");
    assert!(response.contains("Method::Get /echo?2 "), "{response}");
}

#[test]
fn each_exceeded_limit_and_each_failure_has_its_status_and_the_server_keeps_serving() {
    let limits = Limits {
        request_body_bytes: 8,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        wall_time: Duration::from_secs(2),
        ..Limits::default()
    };
    let running = serve(two_components(limits));
    let close = "host: a\r\nconnection: close\r\n";
    let long = "a".repeat(16 << 10);
    let longer = "a".repeat(200 << 10);
    let many = "x: 1\r\n".repeat(30);
    let rows = [
        (
            format!("POST /echo HTTP/1.1\r\n{close}content-length: 8\r\n\r\n12345678"),
            200,
        ),
        (
            format!("POST /echo HTTP/1.1\r\n{close}content-length: 9\r\n\r\n123456789"),
            413,
        ),
        (
            format!("POST /echo HTTP/1.1\r\n{close}content-length: 999999999999\r\n\r\n"),
            413,
        ),
        (
            format!(
                "POST /echo HTTP/1.1\r\n{close}transfer-encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n"
            ),
            413,
        ),
        (
            format!("POST /echo HTTP/1.1\r\n{close}content-length: 8\r\n\r\n1234"),
            408,
        ),
        (
            format!("GET /echo HTTP/1.1\r\n{close}x-a: {long}\r\n\r\n"),
            431,
        ),
        (format!("GET /echo HTTP/1.1\r\n{close}{many}\r\n"), 431),
        (format!("GET /{longer} HTTP/1.1\r\n{close}\r\n"), 431),
        (format!("GET /loop HTTP/1.1\r\n{close}\r\n"), 504),
        (format!("GET /sleep HTTP/1.1\r\n{close}\r\n"), 504),
        (format!("GET /panic HTTP/1.1\r\n{close}\r\n"), 500),
        (format!("GET /exit HTTP/1.1\r\n{close}\r\n"), 500),
        (format!("GET /status?42 HTTP/1.1\r\n{close}\r\n"), 500),
        (format!("GET /bad-header HTTP/1.1\r\n{close}\r\n"), 500),
        (format!("TRACE /echo HTTP/1.1\r\n{close}\r\n"), 405),
        (format!("GET /echo HTTP/1.1\r\n{close}x a: 1\r\n\r\n"), 400),
        (format!("GET /echo HTTP/1.1\r\n{close}\r\n"), 200),
    ];
    let rows = rows.map(|(bytes, status)| (Abridged(bytes), status));
    check_rows(rows, |(Abridged(request), status)| {
        let response = running.raw(request);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "got {response:?}, want {status}"
        );
    });
}

#[test]
fn a_client_that_disconnects_does_not_affect_others() {
    let running = serve(two_components(Limits::default()));
    let requests = [
        "",
        "GET",
        "GET /sleep HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc",
        "\0\0\0\0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense",
    ];
    check_rows(requests, |request| {
        let mut stream = running.connect();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
        let response = running.get("/echo");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    });
}

#[test]
fn an_invalid_or_repeated_host_is_400() {
    let running = serve(two_components(Limits::default()));
    let rows = [
        ("host: a.test\r\n", 200),
        ("host: a.test:8080\r\n", 200),
        ("host: \r\n", 200),
        ("host: a.test\r\nhost: b.test\r\n", 400),
        ("host: a b\r\n", 400),
        ("host: a/b\r\n", 400),
    ];
    check_rows(rows, |(hosts, status)| {
        let response = running.raw(format!(
            "GET /echo HTTP/1.1\r\n{hosts}connection: close\r\n\r\n"
        ));
        let wanted = format!("HTTP/1.1 {status} ");
        assert!(response.starts_with(&wanted), "{response}");
    });
}

#[test]
fn the_authority_of_the_request_target_takes_precedence_over_host() {
    let running = serve(two_components(Limits::default()));
    let response = running
        .raw("GET http://abs.test/echo HTTP/1.1\r\nhost: other.test\r\nconnection: close\r\n\r\n");
    assert!(
        response.contains("spin-full-url: http://abs.test/echo"),
        "{response}"
    );
}

#[test]
fn the_limit_on_header_fields_applies_to_http_2() {
    let limits = Limits {
        header_fields: 20,
        ..Limits::default()
    };
    let running = serve(two_components(limits));
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<Bytes>>();
    check_rows([(10, 200), (30, 431)], |&(n_fields, status)| {
        let mut request = Request::get(format!("http://{}/echo", running.address));
        for index in 0..n_fields {
            request = request.header(format!("x-{index}"), "1");
        }
        let request = request.body(Full::default()).unwrap();
        let response = block_on(client.request(request)).unwrap();
        assert_eq!(response.status(), status);
    });
}

#[test]
fn a_guest_can_read_the_files_of_its_manifest_only_and_write_none() {
    let folder = folder(
        &[("/...", "front")],
        "[component.front]\nsource = \"COMPONENT\"\nfiles = [\"pages/*.txt\", { source = \"data\", destination = \"/d\" }]\n",
    );
    for (name, text) in [
        ("pages/a.txt", "A"),
        ("pages/b.md", "B"),
        ("data/deep/c", "C"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let running = serve(load(folder.path(), builder(Limits::default())));
    let rows = [
        ("/read?/pages/a.txt", 200, "A"),
        ("/read?/d/deep/c", 200, "C"),
        ("/read?pages/a.txt", 200, "A"),
        ("/read?/pages/b.md", 404, ""),
        ("/read?/spin.toml", 404, ""),
        ("/read?/../../etc/passwd", 404, ""),
        ("/write?/pages/a.txt", 403, ""),
        ("/write?/new", 403, ""),
    ];
    check_rows(rows, |(path, status, body)| {
        let response = running.get(path);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
        assert!(response.ends_with(body), "{response}");
    });
}
