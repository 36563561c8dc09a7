//! A kept connection that the upstream closes: which requests are sent once more.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use spin_harness::Guest;

use test_support::guests::{ProbeOutcome, ProbeRequest, send_all, wire_probe};
use test_support::table::check_rows;

/// More than the buffers of a connection hold.
const BODY_BYTES: usize = 16 << 20;

const PATIENCE: Duration = Duration::from_secs(20);

/// An upstream that responds to the first request and keeps the connection; reads the second, sends `start` and closes
/// the connection; and responds to all that come on another one. Reports each request line.
fn upstream(start: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        let respond = |stream: &mut TcpStream, response: &str| {
            sender.send(read_request(stream)?).ok()?;
            stream.write_all(response.as_bytes()).ok()
        };
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let (mut first, _) = listener.accept().unwrap();
        respond(&mut first, ok);
        respond(&mut first, start);
        drop(first);
        while let Ok((mut stream, _)) = listener.accept() {
            while respond(&mut stream, ok).is_some() {}
        }
    });
    (authority, requests)
}

/// The first line of a request, whose body is read if it has a length; `None` at the end of the connection.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut seen = Vec::new();
    loop {
        let mut bytes = [0; 1024];
        let n_bytes = stream
            .read(&mut bytes)
            .ok()
            .filter(|n_bytes| *n_bytes > 0)?;
        seen.extend_from_slice(&bytes[..n_bytes]);
        let text = String::from_utf8_lossy(&seen);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return head.lines().next().map(str::to_owned);
        }
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
        let (authority, requests) = upstream(start);
        let url = format!("http://{authority}/");
        let second = ProbeRequest::new(method, &url);
        let second = match body {
            Some(body) => second.body(body),
            None => second,
        };
        let got = send_all(&guest(&authority), &[ProbeRequest::get(&url), second]);
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
        let mut want = vec!["GET / HTTP/1.1".to_owned(), line.clone()];
        want.extend(is_repeated.then_some(line));
        assert_eq!(requests.try_iter().collect::<Vec<_>>(), want);
    });
}

/// The client goes on writing the body after it has read the beginning of the response.
#[test]
fn a_request_whose_response_has_begun_is_not_repeated_even_if_its_body_is_still_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        sender.send(read_request(&mut stream)).unwrap();
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
            sender.send(read_request(&mut stream)).unwrap();
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            sender.send(read_request(&mut stream)).unwrap();
        }
    });
    let got = send_all(
        &guest(&authority),
        &[ProbeRequest::get(format!("http://{authority}/"))],
    );
    assert_eq!(got[0].error(), "runtime-error");
    assert_eq!(requests.try_iter().count(), 1);
}
