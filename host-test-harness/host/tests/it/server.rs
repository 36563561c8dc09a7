//! An application behind a real port: what a client on the wire gets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use spin_harness::{Application, Limits, Server};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use test_support::application::{folder, load, two_components};
use test_support::guests::{block_on, builder, spawn};
use test_support::upstream::{Answer, Upstream};

/// A server under test; dropping it stops it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    stopped: JoinHandle<()>,
}

pub(crate) fn serve(application: Application) -> Running {
    serve_for(application, Duration::from_secs(20))
}

pub(crate) fn serve_for(application: Application, shutdown_timeout: Duration) -> Running {
    let server = block_on(Server::bind(([127, 0, 0, 1], 0).into())).unwrap();
    let server = server.shutdown_timeout(shutdown_timeout);
    let address = server.address();
    let (stop, stopping) = oneshot::channel::<()>();
    let (sender, receiver) = watch::channel(application);
    let stopped = spawn(async move {
        let shutdown = async { drop(stopping.await) };
        server
            .serve(receiver, shutdown, std::future::pending())
            .await;
        drop(sender);
    });
    Running {
        address,
        stop: Some(stop),
        stopped,
    }
}

impl Running {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Sends bytes on a new connection and reads to its end.
    #[track_caller]
    fn raw(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_ref()).unwrap();
        read(stream)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.raw(format!(
            "GET {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"
        ))
    }

    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has.
    #[track_caller]
    pub(crate) fn wait_for_stop(&mut self) {
        let stopped = &mut self.stopped;
        block_on(async { tokio::time::timeout(Duration::from_secs(20), stopped).await })
            .expect("the server stops")
            .unwrap();
    }

    /// Has the probe at `path` make one request; its outcome.
    fn ask(&self, path: &str, uri: &str) -> Value {
        self.ask_with_host(path, uri, "a.test")
    }

    fn ask_with_host(&self, path: &str, uri: &str, host: &str) -> Value {
        let body = json!([{ "method": "GET", "uri": uri }]).to_string();
        let response = self.raw(format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nx-forwarded-host: {host}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ));
        let (_, body) = response.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Value>(body).unwrap()[0].clone()
    }
}

/// To the end of the connection, which may also be a reset.
pub(crate) fn read(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    String::from_utf8(bytes).unwrap()
}

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
fn a_request_goes_to_the_component_of_its_route_with_the_headers_of_spin() {
    let running = serve(two_components(Limits::default()));
    let response = running.raw(
        "GET /back/echo HTTP/1.1\r\nhost: a.test:8\r\nspin-client-addr: forged\r\nspin-path-match-a: forged\r\n\
         x-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n",
    );
    // The probe answers `/echo` only, so `back` says which path it did not know.
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
fn a_path_without_a_route_and_a_private_route_are_404() {
    let folder = folder(
        &[("/only", "front"), ("private", "back")],
        "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"http://back.spin.internal\"]\n\
         [component.back]\nsource = \"COMPONENT\"\n",
    );
    let running = serve(load(folder.path(), builder(Limits::default())));
    for path in ["/", "/back", "/only/more", "*"] {
        let response = running.get(path);
        assert!(
            response.starts_with("HTTP/1.1 404 Not Found\r\n"),
            "{path}: {response}"
        );
    }
}

#[test]
fn a_self_call_goes_where_the_route_table_says_and_no_header_changes_that() {
    let elsewhere = Upstream::always(Answer::ok("elsewhere"));
    let running = serve(two_components(Limits::default()));
    for host in [
        "a.test",
        &elsewhere.authority(),
        "self",
        "back.spin.internal",
        "",
    ] {
        for uri in ["/back/x", "http://self/back/x", "https://self/back/x"] {
            let outcome = running.ask_with_host("/", uri, host);
            assert_eq!(outcome["response"]["status"], 404, "{outcome}");
            assert_eq!(body_of(&outcome), "/back/x", "{uri} {host}");
        }
        let outcome = running.ask_with_host("/", "/echo", host);
        let headers = outcome["response"]["headers"].to_string();
        assert!(headers.contains(r#"["host","localhost"]"#), "{headers}");
    }
    assert_eq!(elsewhere.rest(), []);
}

#[test]
fn a_component_calls_another_by_its_name_where_it_may() {
    let running = serve(two_components(Limits::default()));
    for (uri, want) in [
        (
            "http://back.spin.internal/echo?q=1",
            "Method::Get /echo?q=1 Some(\"\")",
        ),
        ("http://back.spin.internal", "/"),
    ] {
        let outcome = running.ask("/", uri);
        if uri.ends_with("internal") {
            // `/` of a probe wants a description; that it says so shows who answered.
            assert_eq!(outcome["response"]["status"], 400, "{outcome}");
        } else {
            assert_eq!(body_of(&outcome), want, "{uri}");
        }
    }
    for (uri, kind) in [
        ("http://front.spin.internal/", "destination-not-allowed"),
        ("http://none.spin.internal/", "runtime-error"),
        ("http://x.back.spin.internal/", "destination-not-allowed"),
    ] {
        assert_eq!(running.ask("/", uri)["error"]["kind"], kind, "{uri}");
    }
}

#[test]
fn calls_in_a_circle_end_at_the_limit_and_the_application_goes_on() {
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
fn http_2_is_spoken_to_a_client_that_begins_with_it() {
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
fn a_wall_time_without_end_is_no_overflow() {
    let endless = Limits {
        wall_time: Duration::MAX,
        ..Limits::default()
    };
    let running = serve(two_components(endless));
    assert!(running.get("/echo").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let running = serve(two_components(Limits::default()));
    let response = running.raw(
        "GET /echo?1 HTTP/1.1\r\nhost: a\r\n\r\nGET /echo?2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    );
    assert!(response.contains("Method::Get /echo?1 "), "{response}");
    assert!(response.contains("Method::Get /echo?2 "), "{response}");
}

#[test]
fn what_exceeds_a_limit_has_its_status_and_the_server_goes_on() {
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
    for (request, status) in [
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
    ] {
        let response = running.raw(&request);
        let shown: String = request.chars().take(80).collect();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown:?}: got {response:?}, want {status}"
        );
    }
}

#[test]
fn a_client_that_goes_away_harms_nobody() {
    let running = serve(two_components(Limits::default()));
    for request in [
        "",
        "GET",
        "GET /sleep HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc",
        "\0\0\0\0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense",
    ] {
        let mut stream = running.connect();
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
        assert!(
            running.get("/echo").starts_with("HTTP/1.1 200 OK\r\n"),
            "after {request:?}"
        );
    }
}

#[test]
fn a_stop_lets_a_request_under_way_finish_and_accepts_no_other() {
    let upstream = Upstream::always(Answer::Silence);
    let folder = folder(
        &[("/...", "front")],
        &format!(
            "[component.front]\nsource = \"COMPONENT\"\nallowed_outbound_hosts = [\"{}\"]\n",
            upstream.url("")
        ),
    );
    let limits = Limits {
        response_timeout: Duration::from_millis(700),
        ..Limits::default()
    };
    let mut running = serve(load(folder.path(), builder(limits)));
    let mut stream = running.connect();
    let body = json!([{ "method": "GET", "uri": upstream.url("/") }]).to_string();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    upstream.next();
    running.stop();
    let response = read(stream);
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("runtime-error"), "{response}");
    running.wait_for_stop();
    assert!(
        TcpStream::connect(running.address).is_err(),
        "nobody listens"
    );
}

#[test]
fn a_stop_ends_in_time_whatever_a_guest_does() {
    let upstream = Upstream::always(Answer::Silence);
    let entry = format!("allowed_outbound_hosts = [\"{}\"]", upstream.url(""));
    let rest = format!("[component.front]\nsource = \"COMPONENT\"\n{entry}\n");
    let folder = folder(&[("/...", "front")], &rest);
    let application = load(folder.path(), builder(Limits::default()));
    let mut running = serve_for(application, Duration::from_millis(200));
    let mut stream = running.connect();
    let url = upstream.url("/");
    let length = url.len();
    write!(
        stream,
        "POST /relay HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{url}"
    )
    .unwrap();
    upstream.next();
    running.stop();
    running.wait_for_stop();
    assert_eq!(
        read(stream),
        "",
        "no answer was due before the response timeout"
    );
}

#[test]
fn a_connection_without_a_request_does_not_hold_up_a_stop() {
    for sent in [
        "",
        "GET / HT",
        "PRI * HT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut running = serve(two_components(Limits::default()));
        let mut stream = running.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        assert!(running.get("/echo").starts_with("HTTP/1.1 200 "));
        running.stop();
        running.wait_for_stop();
    }
}

#[test]
fn a_host_that_is_not_one_authority_is_400() {
    let running = serve(two_components(Limits::default()));
    for (hosts, status) in [
        ("host: a.test\r\n", 200),
        ("host: a.test:8080\r\n", 200),
        ("host: \r\n", 200),
        ("host: a.test\r\nhost: b.test\r\n", 400),
        ("host: a b\r\n", 400),
        ("host: a/b\r\n", 400),
    ] {
        let response = running.raw(format!(
            "GET /echo HTTP/1.1\r\n{hosts}connection: close\r\n\r\n"
        ));
        let wanted = format!("HTTP/1.1 {status} ");
        assert!(response.starts_with(&wanted), "{hosts:?}: {response}");
    }
    let response = running
        .raw("GET http://abs.test/echo HTTP/1.1\r\nhost: other.test\r\nconnection: close\r\n\r\n");
    assert!(
        response.contains("spin-full-url: http://abs.test/echo"),
        "{response}"
    );
}

#[test]
fn the_limit_on_header_fields_holds_for_http_2() {
    let limits = Limits {
        header_fields: 20,
        ..Limits::default()
    };
    let running = serve(two_components(limits));
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<Bytes>>();
    for (n_fields, status) in [(10, 200), (30, 431)] {
        let mut request = Request::get(format!("http://{}/echo", running.address));
        for index in 0..n_fields {
            request = request.header(format!("x-{index}"), "1");
        }
        let request = request.body(Full::default()).unwrap();
        let response = block_on(client.request(request)).unwrap();
        assert_eq!(response.status(), status);
    }
}

#[test]
fn a_guest_reads_the_files_of_its_manifest_and_no_other_and_writes_none() {
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
    for (path, status, body) in [
        ("/read?/pages/a.txt", 200, "A"),
        ("/read?/d/deep/c", 200, "C"),
        ("/read?pages/a.txt", 200, "A"),
        ("/read?/pages/b.md", 404, ""),
        ("/read?/spin.toml", 404, ""),
        ("/read?/../../etc/passwd", 404, ""),
        ("/write?/pages/a.txt", 403, ""),
        ("/write?/new", 403, ""),
    ] {
        let response = running.get(path);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {response}"
        );
        assert!(response.ends_with(body), "{path}: {response}");
    }
}
