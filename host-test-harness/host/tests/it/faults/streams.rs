//! Bodies under way when something ends: the guest, the client, or the server.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use spin_harness::Limits;
use tokio::sync::mpsc;

use crate::support::server::{Running, read, serve, serve_for};
use test_support::application::{folder, load};
use test_support::guests::{block_on, builder};
use test_support::published::Published;

test_support::for_each_sdk! {
    half_a_request_body_is_never_taken_for_a_whole_one
    a_guest_that_goes_on_after_its_response_keeps_its_instance_and_others_wait_for_theirs
    a_body_that_a_guest_never_reads_does_not_hold_up_its_response
    a_response_without_end_ends_at_the_limit_and_is_not_taken_for_complete
    a_stop_lets_a_stream_come_to_its_end
    a_stream_lives_as_long_as_bytes_flow
    a_stop_cuts_off_streams_that_take_longer_and_nobody_takes_them_for_complete
    bodies_stream_both_ways_over_http_2_and_a_client_that_breaks_off_frees_its_instance
}

const PATIENCE: Duration = Duration::from_secs(20);

fn limits() -> Limits {
    Limits::default()
}

/// The guest at every path, which may call everything.
fn app(published: &Published, limits: Limits) -> spin_harness::Application {
    let rest = format!(
        "[component.published]\nsource = \"{}\"\nallowed_outbound_hosts = [\"*://*:*\"]\n",
        published.path().display()
    );
    let folder = folder(&[("/...", "published")], &rest);
    load(folder.path(), builder(limits))
}

/// An upstream that sends its body in pieces, 250 ms apart, for three times as long as a call may be idle.
fn a_stream_lives_as_long_as_bytes_flow(published: &Published) {
    const N_PIECES: usize = 12;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let upstream = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_until(&mut stream, "\r\n\r\n");
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..N_PIECES {
            let pause = Duration::from_millis(250);
            stream.set_read_timeout(Some(pause)).unwrap();
            // The client sends nothing more, so that this waits.
            assert!(stream.read(&mut [0]).is_err(), "the client has gone");
            stream.write_all(b"5\r\npiece\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let limits = Limits {
        wall_time: Duration::from_secs(1),
        response_timeout: Duration::from_secs(1),
        ..limits()
    };
    let running = serve(app(published, limits));
    let mut client = running.connect();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(client, "GET /proxy?{url} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let got = read_until(&mut client, "0\r\n\r\n");
    assert_eq!(got.matches("piece").count(), N_PIECES, "{got}");
    upstream.join().unwrap();
}

/// Reads until `wanted` is there.
#[track_caller]
fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(wanted) {
        let mut bytes = [0; 4 << 10];
        let n_bytes = stream.read(&mut bytes).unwrap();
        assert!(n_bytes > 0, "an end before {wanted:?}: {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..n_bytes]));
    }
    seen
}

/// Opens a stream both ways, and gets its first piece back.
fn echo(running: &Running) -> TcpStream {
    let mut stream = running.connect();
    let head = "POST /echo HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n";
    write!(stream, "{head}5\r\nfirst\r\n").unwrap();
    read_until(&mut stream, "5\r\nfirst\r\n");
    stream
}

/// What an upstream got of a request whose guest has `what` happen in the middle of it.
fn uploaded(running: &Running, what: &str, is_client_gone: bool) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let mut client = running.connect();
    let length = authority.len();
    let head =
        format!("POST /upload?{what} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
    client.write_all((head + &authority).as_bytes()).unwrap();
    let (mut upstream, _) = listener.accept().unwrap();
    upstream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut got = read_until(&mut upstream, "first half,");
    let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    upstream.write_all(answer.as_bytes()).unwrap();
    if is_client_gone {
        client.shutdown(Shutdown::Both).unwrap();
    }
    if what.is_empty() {
        got += &read_until(&mut upstream, "\r\n0\r\n\r\n");
        upstream.write_all(b"0\r\n\r\n").unwrap();
        let answer = read_until(&mut client, "\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        return got;
    }
    let mut rest = Vec::new();
    match upstream.read_to_end(&mut rest) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("{what}: the connection to the upstream was still open")
        }
        // A reset is an end too.
        Ok(_) | Err(_) => got + &String::from_utf8_lossy(&rest),
    }
}

fn half_a_request_body_is_never_taken_for_a_whole_one(published: &Published) {
    let quick = Limits {
        wall_time: Duration::from_secs(3),
        ..limits()
    };
    let running = serve(app(published, quick));
    let whole = uploaded(&running, "", false);
    assert!(whole.contains("second half"), "{whole}");
    for (what, is_client_gone) in [
        ("panic", false),
        ("exit", false),
        ("loop", false),
        ("sleep", false),
        ("sleep", true),
    ] {
        let half = uploaded(&running, what, is_client_gone);
        assert!(half.contains("first half,"), "{what}: {half}");
        assert!(!half.ends_with("0\r\n\r\n"), "{what}: {half}");
        assert!(running.get("/hello").starts_with("HTTP/1.1 200 "), "{what}");
    }
}

fn a_guest_that_goes_on_after_its_response_keeps_its_instance_and_others_wait_for_theirs(
    published: &Published,
) {
    // Half of them are for requests from outside.
    let running = serve(app(
        published,
        Limits {
            instances: 2,
            ..limits()
        },
    ));
    for _ in 0..3 {
        let answer = running.get("/after?nap");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(running.get("/hello").starts_with("HTTP/1.1 200 "));
}

fn a_body_that_a_guest_never_reads_does_not_hold_up_its_response(published: &Published) {
    let running = serve(app(published, limits()));
    let mut stream = running.connect();
    let mut sending = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        let head = "POST /ignore HTTP/1.1\r\nhost: a\r\ncontent-length: 16777216\r\n\r\n";
        // The server may close the connection before all of it is sent.
        drop(sending.write_all(head.as_bytes()));
        drop(sending.write_all(&vec![b'x'; 16 << 20]));
    });
    let seen = read_until(&mut stream, "read nothing");
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"), "{seen}");
    drop(stream.shutdown(Shutdown::Both));
    sender.join().unwrap();
}

fn a_response_without_end_ends_at_the_limit_and_is_not_taken_for_complete(published: &Published) {
    let running = serve(app(
        published,
        Limits {
            response_body_bytes: 1 << 20,
            ..limits()
        },
    ));
    let answer = running.get("/endless");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(answer.len() > 512 << 10, "{} bytes", answer.len());
    assert!(!answer.ends_with("0\r\n\r\n"));
    assert!(running.get("/hello").starts_with("HTTP/1.1 200 "));
}

fn a_stop_lets_a_stream_come_to_its_end(published: &Published) {
    let mut running = serve(app(published, limits()));
    let mut stream = echo(&running);
    running.stop();
    stream.write_all(b"5\r\nother\r\n").unwrap();
    read_until(&mut stream, "5\r\nother\r\n");
    stream.write_all(b"0\r\n\r\n").unwrap();
    let rest = read(stream);
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
    running.wait_for_stop();
}

fn a_stop_cuts_off_streams_that_take_longer_and_nobody_takes_them_for_complete(
    published: &Published,
) {
    let mut running = serve_for(app(published, limits()), Duration::from_millis(200));
    let waiting = echo(&running);
    let mut endless = running.connect();
    write!(endless, "GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    read_until(&mut endless, "xxxx");
    running.stop();
    for stream in [waiting, endless] {
        let rest = read(stream);
        assert!(!rest.ends_with("0\r\n\r\n"));
    }
    running.wait_for_stop();
}

/// A body that is sent piece by piece.
struct Pieces(mpsc::Receiver<&'static str>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(Bytes::from(piece)))))
    }
}

fn bodies_stream_both_ways_over_http_2_and_a_client_that_breaks_off_frees_its_instance(
    published: &Published,
) {
    let running = serve(app(
        published,
        Limits {
            instances: 2,
            ..limits()
        },
    ));
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Pieces>();
    let streamed = async {
        for is_whole in [true, false, false, false, true] {
            let (sender, receiver) = mpsc::channel(1);
            let url = format!("http://{}/echo", running.address);
            let request = Request::post(url).body(Pieces(receiver)).unwrap();
            sender.send("first").await.unwrap();
            let mut response = client.request(request).await.unwrap();
            let first = response.frame().await.unwrap().unwrap();
            assert_eq!(first.into_data().unwrap(), "first");
            if is_whole {
                sender.send("other").await.unwrap();
                drop(sender);
                let rest = response.into_body().collect().await.unwrap();
                assert_eq!(rest.to_bytes(), "other");
            }
        }
    };
    block_on(async { tokio::time::timeout(PATIENCE, streamed).await }).expect("no stream waits");
}
