//! A recording of all traffic has the requests from outside, and the calls that each led to.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use spin_harness::recording::{BodyEnd, Direction, RecordedExchange, Recording};
use spin_harness::{HarnessBuilder, Limits};
use test_support::application::{folder, load};
use test_support::guests::{block_on, builder, handle};
use test_support::published::Published;
use test_support::table::check_rows;

use crate::support::server::serve;

test_support::for_each_sdk! {
    a_streamed_exchange_is_recorded_as_it_passed
    a_request_that_fails_is_recorded_with_the_reason
}

/// A harness that records all traffic, and its exchanges.
fn recorded() -> (HarnessBuilder, Arc<Mutex<Vec<RecordedExchange>>>) {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let recording = Recording::new(move |exchange| sink.lock().unwrap().push(exchange));
    let builder = builder(Limits::default())
        .record(&recording)
        .record_inbound(&recording);
    (builder, exchanges)
}

fn a_streamed_exchange_is_recorded_as_it_passed(published: &Published) {
    let (builder, exchanges) = recorded();
    let guest = published.guest_in(builder, &[]);
    let body = Bytes::from(vec![0xff; 3 << 20]);
    let request = Request::post("http://site.test/echo?a=1")
        .header("x-a", "1")
        .body(body.clone())
        .unwrap();
    let response = handle(&guest, request).unwrap();
    assert!(response.body() == &body);
    let [exchange] = &exchanges.lock().unwrap()[..] else {
        panic!("want one exchange");
    };
    assert_eq!(exchange.direction, Direction::Inbound);
    assert_eq!(exchange.component.as_deref(), Some("published"));
    assert_eq!(exchange.request.url, "http://site.test/echo?a=1");
    assert_eq!(exchange.request.headers["x-a"], "1");
    let head = exchange.response.as_ref().unwrap();
    for recorded in [&exchange.request.body, &head.body] {
        assert!(recorded.bytes == body, "{} bytes", recorded.bytes.len());
        assert_eq!(recorded.end, BodyEnd::Complete);
    }
}

/// A request to a server of the guest, and what its record has: the status, how the body ended, and parts of the cause
/// and of the details.
type FailedRow = (&'static str, Option<u16>, &'static str, &'static str);

fn a_request_that_fails_is_recorded_with_the_reason(published: &Published) {
    const TRAP: &str = "guest `published` aborted (wasm `unreachable`), as a panic does";
    let manifest = format!(
        "[component.published]\nsource = \"{}\"\n",
        published.path().display()
    );
    let folder = folder(&[("/...", "published")], &manifest);
    let rows: [FailedRow; 4] = [
        ("host: a.test\r\n\r\n", Some(500), TRAP, "panicked at"),
        (
            "host: a\r\nhost: b\r\n\r\n",
            Some(400),
            "repeated `host`",
            "",
        ),
        ("late", Some(200), TRAP, "panicked at"),
        ("handle", None, TRAP, "panicked at"),
    ];
    check_rows(rows, |(how, status, cause, details)| {
        let (builder, exchanges) = recorded();
        let application = load(folder.path(), builder);
        match *how {
            "late" => drop(serve(application).get("/late?panic")),
            "handle" => {
                let request = Request::get("/panic").body(Bytes::new()).unwrap();
                block_on(application.handle(request)).unwrap_err();
            }
            fields => {
                let head = format!("GET /panic HTTP/1.1\r\nconnection: close\r\n{fields}");
                drop(serve(application).raw(head));
            }
        }
        let exchanges = exchanges.lock().unwrap();
        let [exchange] = &exchanges[..] else {
            panic!("{exchanges:?}");
        };
        let got = exchange.response.as_ref().map(|head| head.status.as_u16());
        assert_eq!(got, *status);
        let failure = exchange.failure.as_ref().unwrap();
        assert!(failure.cause.contains(cause), "{failure:?}");
        let got = failure.details.as_deref().unwrap_or_default();
        assert!(got.contains(details), "{failure:?}");
        assert_eq!(got.is_empty(), details.is_empty(), "{failure:?}");
    });
}

#[test]
fn each_call_has_the_number_of_the_request_that_led_to_it() {
    let rest = "
[component.front]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"http://back.spin.internal\"]

[component.back]
source = \"COMPONENT\"
";
    let folder = folder(&[("/", "front"), ("/back/...", "back")], rest);
    let (builder, exchanges) = recorded();
    let mut server = serve(load(folder.path(), builder));
    for _ in 0..2 {
        server.ask("/", "http://back.spin.internal/echo");
    }
    server.get("/nowhere");
    server.raw("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n");
    server.stop();
    server.wait_for_stop();
    let exchanges = exchanges.lock().unwrap();
    let got: Vec<_> = exchanges
        .iter()
        .map(|exchange| {
            let status = exchange.response.as_ref().unwrap().status.as_u16();
            (
                exchange.direction,
                exchange.component.as_deref(),
                &*exchange.request.url,
                status,
            )
        })
        .collect();
    let outbound = (
        Direction::Outbound,
        Some("front"),
        "http://back.spin.internal/echo",
        200,
    );
    let inbound = (Direction::Inbound, Some("front"), "http://a.test/", 200);
    let want = [
        outbound,
        inbound,
        outbound,
        inbound,
        (Direction::Inbound, None, "http://a.test/nowhere", 404),
        (Direction::Inbound, Some("front"), "http://a/", 400),
    ];
    assert_eq!(got, want);
    let chains: Vec<_> = exchanges
        .iter()
        .map(|exchange| exchange.chain.unwrap())
        .collect();
    assert_eq!((chains[0], chains[2]), (chains[1], chains[3]));
    let mut different = [chains[1], chains[3], chains[4], chains[5]];
    different.sort_unstable();
    assert!(
        different.windows(2).all(|pair| pair[0] < pair[1]),
        "{chains:?}"
    );
}
