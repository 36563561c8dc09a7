//! Both halves of an application: guests of `wasi:http` and of `fermyon:spin/http`, under one policy.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use host_test_harness::{Guest, Limits, Outcome};
use http::Request;
use serde_json::{Value, json};

use super::observed;
use crate::application::{folder, load};
use crate::guests::{Ask, block_on, builder, handle, send};
use crate::stock::{BOTH_IMPORTS, SPIN_SDK_7, Stock, for_each_sdk};
use crate::up::up;
use crate::upstream::{Answer, Upstream};

for_each_sdk! {
    a_self_request_is_answered_in_process_where_it_is_permitted
    the_two_halves_of_an_application_call_each_other_in_process
    a_guest_of_0_3_joins_calls_to_it_in_process
    an_unmodified_app_of_spin_is_served_and_its_bodies_stream
    the_limit_on_request_bodies_holds_for_bodies_that_stream
}

const FORMS: [&str; 4] = [
    "/hello?q=1",
    "http://self/hello?q=1",
    "https://self/hello?q=1",
    "http://self.alt/hello?q=1",
];

fn a_self_request_is_answered_in_process_where_it_is_permitted(stock: &Stock) {
    for uri in FORMS {
        let got = send(&stock.guest(&["self"]), Ask::get(uri));
        let text = String::from_utf8_lossy(got.body()).into_owned();
        assert!(
            text.starts_with(
                "Method::Get Some(Scheme::Http) Some(\"localhost\") Some(\"/hello?q=1\")"
            ),
            "{uri}: {text}"
        );
        let got = send(&stock.guest(&["localhost"]), Ask::get(uri));
        assert!(
            got.error().contains("ErrorCode::HttpRequestDenied"),
            "{uri}: {got:?}"
        );
    }
}

/// `wire` at `/` and `stock` everywhere else, which may call each other and themselves.
fn manifest(stock: &Stock) -> tempfile::TempDir {
    let rest = format!(
        "
[component.wire]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"http://self\", \"http://stock.spin.internal\"]

[component.stock]
source = \"{}\"
allowed_outbound_hosts = [\"http://self\", \"http://wire.spin.internal\", \"http://none.spin.internal\"]
",
        stock.path().display()
    );
    folder(&[("/", "wire"), ("/...", "stock")], &rest)
}

fn the_two_halves_of_an_application_call_each_other_in_process(stock: &Stock) {
    let folder = manifest(stock);
    let application = load(folder.path(), builder(Limits::default()));
    let ask = |path: &str, uri: &str| -> Value {
        let body = json!([{ "method": "POST", "uri": uri, "body": "Ym9keQ==" }]).to_string();
        let request = http::Request::post(path).body(body.into()).unwrap();
        let response = block_on(application.handle(request)).unwrap();
        serde_json::from_slice::<Vec<Value>>(response.body())
            .unwrap()
            .remove(0)
    };
    for (path, uri, status) in [
        ("/", "http://stock.spin.internal/echo", 200),
        ("/", "/echo", 200),
        ("/stock", "http://wire.spin.internal/echo", 200),
        ("/stock", "/", 400),
    ] {
        let outcome = ask(path, uri);
        assert_eq!(
            outcome["response"]["status"], status,
            "{path} {uri}: {outcome}"
        );
    }
    let outcome = ask("/", "http://stock.spin.internal/echo");
    assert_eq!(outcome["response"]["body"], "Ym9keQ==", "{outcome}");
    let outcome = ask("/stock", "http://none.spin.internal/");
    let kind = outcome["error"]["kind"].as_str().unwrap();
    assert!(kind.contains("ErrorCode::DestinationNotFound"), "{outcome}");
    let outcome = ask("/", "http://stock.spin.internal/panic");
    assert_eq!(outcome["error"]["kind"], "runtime-error", "{outcome}");
}

/// Wasmtime polls the calls of such a guest together, inside of its own instance.
fn a_guest_of_0_3_joins_calls_to_it_in_process(stock: &Stock) {
    let rest = format!(
        "
[component.caller]
source = \"{}\"
allowed_outbound_hosts = [\"http://stock.spin.internal\"]

[component.stock]
source = \"{}\"
",
        SPIN_SDK_7.path().display(),
        stock.path().display()
    );
    let folder = folder(&[("/join", "caller"), ("/stock", "stock")], &rest);
    let application = load(folder.path(), builder(Limits::default()));
    let ask =
        json!({ "method": "POST", "uri": "http://stock.spin.internal/echo", "body": "Ym9keQ==" });
    let body = Value::Array(vec![ask; 8]).to_string();
    let request = Request::post("/join").body(body.into()).unwrap();
    let response = block_on(application.handle(request)).unwrap();
    let outcomes: Vec<Value> = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(outcomes.len(), 8);
    for outcome in outcomes {
        assert_eq!(outcome["response"]["body"], "Ym9keQ==", "{outcome}");
    }
}

fn an_unmodified_app_of_spin_is_served_and_its_bodies_stream(stock: &Stock) {
    let upstream = Upstream::always(Answer::ok("from upstream"));
    stock.path();
    let port = upstream
        .authority()
        .split(':')
        .next_back()
        .unwrap()
        .to_owned();
    let mut up = up(
        &stock.folder(),
        1,
        &["--variable", &format!("upstream_port={port}")],
    );
    let got = up.get(&format!("/proxy?{}", upstream.url("/a?b=1")));
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.contains("from upstream"), "{got}");
    // A guest that has passed the last byte on may still be about to notice the end.
    let outbound = [
        "INFO",
        " outbound ",
        "status=200",
        " body_bytes=13",
        "/a?b=1",
    ];
    let inbound = ["INFO", " inbound ", "status=200", "response_body_bytes=13"];
    up.lines(vec![&outbound, &inbound]);

    // The first piece of the response is there before the last of the request is sent.
    let mut stream = TcpStream::connect(&up.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = "POST /echo HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    for piece in ["first", "other"] {
        write!(stream, "5\r\n{piece}\r\n").unwrap();
        let mut seen = String::new();
        while !seen.contains(&format!("5\r\n{piece}\r\n")) {
            let mut bytes = [0; 1024];
            let n_bytes = stream.read(&mut bytes).unwrap();
            assert!(n_bytes > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..n_bytes]));
        }
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    up.line(&[
        "INFO",
        "inbound",
        "/echo",
        "request_body_bytes=10",
        "response_body_bytes=10",
    ]);

    // A guest that fails after the head leaves the body without an end.
    let got = up.get("/late?panic");
    assert!(!got.contains("\r\n0\r\n\r\n"), "{got}");
    up.line(&["ERROR", "/late?panic", "guest `stock`: it aborted"]);

    // One that fails after the last byte has harmed nobody, and is in the log all the same.
    for _ in 0..3 {
        assert!(up.get("/after?panic").starts_with("HTTP/1.1 200 OK\r\n"));
        let failed = ["ERROR", "after its response, guest `stock`: it aborted"];
        let inbound = ["INFO", " inbound ", "/after?panic", "status=200"];
        up.lines(vec![&failed, &inbound]);
    }
    assert!(up.get("/hello").starts_with("HTTP/1.1 200 OK"));
}

fn the_limit_on_request_bodies_holds_for_bodies_that_stream(stock: &Stock) {
    stock.path();
    let arguments = [
        "--variable",
        "upstream_port=1",
        "--max-request-body",
        "1000B",
    ];
    let mut up = up(&stock.folder(), 1, &arguments);
    let post = |framing: &str, body: &str| {
        let mut stream = TcpStream::connect(&up.address).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let head = format!(
            "POST /echo HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n{framing}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut response = Vec::new();
        // The connection may be reset after the answer, with the body unread.
        drop(stream.read_to_end(&mut response));
        String::from_utf8_lossy(&response).into_owned()
    };
    let allowed = "x".repeat(1000);
    let got = post("content-length: 1000", &allowed);
    assert!(
        got.starts_with("HTTP/1.1 200 OK\r\n") && got.contains(&allowed),
        "{got}"
    );
    let got = post("content-length: 1001", &format!("{allowed}x"));
    assert!(got.starts_with("HTTP/1.1 413 "), "{got}");
    let got = post(
        "transfer-encoding: chunked",
        &format!("3e9\r\n{allowed}x\r\n0\r\n\r\n"),
    );
    assert!(!got.ends_with("\r\n0\r\n\r\n"), "{got}");
    up.line(&["ERROR", "/echo", "guest `stock`"]);
}

/// What a guest of both imports has to say of its calls.
#[track_caller]
fn lines(guest: &Guest, urls: &[&str]) -> Vec<String> {
    let body = Bytes::from(urls.join("\n"));
    let response = handle(guest, Request::post("/").body(body).unwrap()).unwrap();
    let text = String::from_utf8_lossy(response.body()).into_owned();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn calls_by_both_imports_of_one_component_are_under_one_policy_in_one_log_and_count_together() {
    let upstream = Upstream::always(Answer::ok("12345"));
    let other = Upstream::always(Answer::ok(""));
    let limits = Limits {
        outbound_calls: Some(5),
        ..Limits::default()
    };
    let (harness, exchanges) = observed(limits);
    let (permitted, not_permitted) = (upstream.url("/a"), other.url("/b"));
    let guest = BOTH_IMPORTS.guest_in(harness, &[&upstream.authority(), "unused.test"]);
    assert_eq!(
        lines(&guest, &[&permitted, &not_permitted, &permitted]),
        [
            "fermyon:spin 200",
            "wasi:http 200",
            "fermyon:spin DestinationNotAllowed",
            "wasi:http ErrorCode::HttpRequestDenied",
            "fermyon:spin 200",
            "wasi:http ErrorCode::ConnectionLimitReached",
        ]
    );
    assert_eq!(other.rest(), []);
    assert_eq!(upstream.rest().len(), 3);

    let seen: Vec<_> = exchanges.lock().unwrap().drain(..).collect();
    let seen: Vec<_> = seen
        .iter()
        .map(|exchange| {
            assert_eq!(&*exchange.component, "stock");
            let outcome = match &exchange.outcome {
                Outcome::Response { body_bytes, .. } => format!("{body_bytes} bytes"),
                Outcome::Failed { error_code, .. } => (*error_code).to_owned(),
                other => panic!("{other:?}"),
            };
            (exchange.url.as_str(), exchange.rule.clone(), outcome)
        })
        .collect();
    let rule = || Some(upstream.authority());
    let (got, denied, over) = (
        "5 bytes",
        "destination-not-allowed",
        "connection-limit-reached",
    );
    let want = [
        (&permitted, rule(), got),
        (&permitted, rule(), got),
        (&not_permitted, None, denied),
        (&not_permitted, None, "HTTP-request-denied"),
        (&permitted, rule(), got),
        (&permitted, None, over),
    ];
    let want = want.map(|(url, rule, outcome)| (url.as_str(), rule, outcome.to_owned()));
    assert_eq!(seen, want);

    let usage = guest.usage();
    let unused: Vec<_> = usage
        .unused(guest.permissions())
        .map(|rule| rule.entry())
        .collect();
    assert_eq!(unused, ["unused.test"]);
    assert_eq!(usage.sufficient().count(), 1, "{usage:?}");
}
