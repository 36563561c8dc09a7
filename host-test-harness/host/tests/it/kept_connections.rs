//! A kept connection that the upstream closes: which requests are sent once more.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use spin_harness::Guest;

use test_support::guests::{ProbeOutcome, ProbeRequest, send_all, wire_probe};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

/// More than the buffers of a connection hold.
const BODY_BYTES: usize = 16 << 20;

const PATIENCE: Duration = Duration::from_secs(20);

/// Reads a request without a body.
fn read_head(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut bytes = [0; 1024];
        let n_bytes = stream.read(&mut bytes).unwrap();
        assert!(n_bytes > 0, "the request is not whole");
        head.extend_from_slice(&bytes[..n_bytes]);
    }
}

fn guest(authority: &str) -> Guest {
    wire_probe(&[authority])
}

#[test]
fn an_idempotent_request_is_sent_once_more_if_its_kept_connection_was_closed() {
    let partial = "HTTP/1.1 200 OK\r\n";
    let rows = [
        ("GET", None, "", true),
        ("HEAD", None, "", true),
        ("OPTIONS", None, "", true),
        ("DELETE", None, "", true),
        ("PUT", Some("body"), "", true),
        ("POST", None, "", false),
        ("POST", Some("body"), "", false),
        ("PATCH", Some("body"), "", false),
        // Something of the response has come.
        ("GET", None, partial, false),
    ];
    check_rows(rows, |(method, body, start, is_repeated)| {
        // It closes the connection at the second request.
        let script = [ScriptedResponse::ok(""), ScriptedResponse::raw(start)];
        let upstream = Upstream::start(script.into_iter().chain([ScriptedResponse::ok("")]));
        let url = upstream.url("/");
        let second = ProbeRequest::new(method, &url);
        let second = match body {
            Some(body) => second.body(body),
            None => second,
        };
        let got = send_all(
            &guest(&upstream.authority()),
            &[ProbeRequest::get(&url), second],
        );
        assert_eq!(got[0].status(), 200);
        match &got[1] {
            ProbeOutcome::Response { status, .. } => {
                assert_eq!((*status, *is_repeated), (200, true));
            }
            ProbeOutcome::Error { kind, .. } => {
                assert_eq!((kind.as_str(), *is_repeated), ("runtime-error", false));
            }
        }
        let line = format!("{method} / HTTP/1.1");
        let mut want = vec![(0, "GET / HTTP/1.1"), (0, &*line)];
        want.extend(is_repeated.then_some((1, &*line)));
        let received = upstream.rest();
        let received = received.iter();
        let got: Vec<_> = received
            .map(|seen| (seen.connection, seen.request_line()))
            .collect();
        assert_eq!(got, want);
    });
}

/// The client goes on writing the body after it has read the beginning of the response. The upstream has a socket of its
/// own, since it responds within the request's body.
#[test]
fn a_request_whose_response_has_begun_is_not_repeated_even_if_its_body_is_still_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_head(&mut stream);
        sender.send(()).unwrap();
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(ok.as_bytes()).unwrap();
        let mut bytes = vec![0; 1 << 20];
        assert!(stream.read(&mut bytes).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-").unwrap();
        let mut n_bytes = 0;
        while n_bytes < BODY_BYTES - bytes.len() {
            n_bytes += stream.read(&mut bytes).unwrap();
        }
        drop(stream);
        while let Ok((mut stream, _)) = listener.accept() {
            read_head(&mut stream);
            sender.send(()).unwrap();
            stream.write_all(ok.as_bytes()).unwrap();
        }
    });
    let url = format!("http://{authority}/");
    let put = ProbeRequest::new("PUT", &url).body(vec![b'x'; BODY_BYTES]);
    let got = send_all(&guest(&authority), &[ProbeRequest::get(&url), put]);
    assert_eq!(got[0].status(), 200);
    assert_eq!(got[1].error(), "runtime-error");
    assert_eq!(requests.try_iter().count(), 1);
}

#[test]
fn a_request_on_a_new_connection_is_not_repeated() {
    let upstream = Upstream::always(ScriptedResponse::raw(""));
    let got = send_all(
        &guest(&upstream.authority()),
        &[ProbeRequest::get(upstream.url("/"))],
    );
    assert_eq!(got[0].error(), "runtime-error");
    assert_eq!(upstream.rest().len(), 1);
}
