//! A graceful shutdown: which requests still get their response, and when it is over.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use spin_harness::{Limits, Server};
use tokio::sync::oneshot;

use test_support::application::{folder, load, two_components};
use test_support::guests::{block_on, builder, spawn};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

use crate::support::server::{read, serve, serve_for};

#[test]
fn a_request_in_flight_finishes_and_no_new_connection_is_accepted() {
    let upstream = Upstream::always(ScriptedResponse::Silence);
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
        "the listener is closed"
    );
}

#[test]
fn a_request_that_exceeds_the_shutdown_timeout_is_cut_off() {
    let upstream = Upstream::always(ScriptedResponse::Silence);
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
        "the guest had no response before the response timeout"
    );
}

#[test]
fn a_connection_without_a_complete_request_does_not_delay_the_shutdown() {
    let starts = [
        "",
        "GET / HT",
        "PRI * HT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    check_rows(starts, |sent| {
        let mut running = serve(two_components(Limits::default()));
        let mut stream = running.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        assert!(running.get("/echo").starts_with("HTTP/1.1 200 "));
        running.stop();
        running.wait_for_stop();
    });
}

#[test]
fn a_forced_shutdown_cuts_off_the_requests_that_a_graceful_one_waits_for() {
    let upstream = Upstream::always(ScriptedResponse::Silence);
    let entry = format!("allowed_outbound_hosts = [\"{}\"]", upstream.url(""));
    let rest = format!("[component.front]\nsource = \"COMPONENT\"\n{entry}\n");
    let folder = folder(&[("/...", "front")], &rest);
    let application = load(folder.path(), builder(Limits::default()));
    let server = block_on(Server::bind(([127, 0, 0, 1], 0).into())).unwrap();
    let address = server.address();
    let (stop, stopping) = oneshot::channel::<()>();
    let (force, forcing) = oneshot::channel::<()>();
    let serve = server
        .shutdown_timeout(Duration::MAX)
        .serve(application)
        .with_graceful_shutdown(async { drop(stopping.await) })
        .with_forced_shutdown(async { drop(forcing.await) });
    let stopped = spawn(serve.into_future());

    let mut stream = TcpStream::connect(address).unwrap();
    let url = upstream.url("/");
    let length = url.len();
    write!(
        stream,
        "POST /relay HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{url}"
    )
    .unwrap();
    upstream.next();
    drop(stop);
    assert!(!stopped.is_finished(), "the request is in flight");
    drop(force);
    block_on(async { tokio::time::timeout(Duration::from_secs(20), stopped).await })
        .expect("the server shuts down in time")
        .unwrap();
    assert_eq!(read(stream), "");
}
