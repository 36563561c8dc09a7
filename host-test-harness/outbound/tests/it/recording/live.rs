//! A recording for a view of exchanges under way: it tells when they begin, and keeps the first bytes of large bodies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::mocks::{Mocks, get, pieces, post, status, text};
use harness_outbound::recording::{BodyEnd, Direction, RecordedBody, Recording};
use harness_outbound::{Body, CallContext, CallLimits, NoPeers};
use http::{Method, Request, Response};
use outbound_policy::Origin;

use super::{Recorded, caller, calls, network, send_buffered};

const UPSTREAM: &str = "http://127.0.0.1:9";

/// What a live recording told, in its order: whether the exchange began or ended, its number, its hop and its URL.
type Told = (&'static str, Option<u64>, u32, String);

fn live() -> (Recording, Arc<Mutex<Vec<Told>>>) {
    let told: Arc<Mutex<Vec<Told>>> = Arc::default();
    let (begun, ended) = (Arc::clone(&told), Arc::clone(&told));
    let recording = Recording::live(
        move |exchange| {
            let exchange = exchange.exchange();
            let it = ("begun", exchange.id, exchange.hop, exchange.request.url);
            begun.lock().unwrap().push(it);
        },
        move |exchange| {
            let exchange = exchange.exchange();
            let it = ("ended", exchange.id, exchange.hop, exchange.request.url);
            ended.lock().unwrap().push(it);
        },
    );
    (recording, told)
}

#[tokio::test]
async fn each_exchange_that_the_transport_gets_is_told_at_its_beginning_and_its_end() {
    let mocks = Mocks::new()
        .expect(
            get(format!("{UPSTREAM}/a")),
            status(302).header("location", "/b"),
        )
        .expect(get(format!("{UPSTREAM}/b")), text("ok"));
    let limits = CallLimits::default();
    let mut caller = caller(mocks.transport(network(&limits)), limits);
    let (recording, told) = live();
    recording.attach(&mut caller);
    let guest = calls(caller);
    for url in [format!("{UPSTREAM}/a"), "http://denied.test/".to_owned()] {
        send_buffered(&guest, Method::GET, &url, &[], None).await;
    }
    let told = told.lock().unwrap();
    let without_number = |(what, _, hop, url): &Told| (*what, *hop, url.clone());
    let got: Vec<_> = told.iter().map(without_number).collect();
    let want = [
        ("begun", 0, format!("{UPSTREAM}/a")),
        ("ended", 0, format!("{UPSTREAM}/a")),
        ("begun", 1, format!("{UPSTREAM}/b")),
        ("ended", 1, format!("{UPSTREAM}/b")),
        ("ended", 0, "http://denied.test/".to_owned()),
    ];
    assert_eq!(got, want);
    let numbers: Vec<_> = told.iter().map(|(_, number, ..)| number.unwrap()).collect();
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(numbers[2], numbers[3]);
    assert!(numbers[0] < numbers[2] && numbers[2] < numbers[4]);
}

#[tokio::test]
async fn an_inbound_request_is_told_before_its_guest_has_it() {
    let (recording, told) = live();
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let url = "http://localhost/in".to_owned();
    let request = Request::new(Body::from(Bytes::new()));
    let (_request, record) = recording.inbound(&context, Some("api"), &url, request);
    let begun = ("begun", None, 0, url.clone());
    assert_eq!(*told.lock().unwrap(), std::slice::from_ref(&begun));
    drop(record.responded(Response::new(Body::from(Bytes::new()))));
    assert_eq!(*told.lock().unwrap(), [begun, ("ended", None, 0, url)]);
}

#[tokio::test(start_paused = true)]
async fn of_a_body_above_the_limit_the_first_bytes_are_kept_if_that_is_asked_for() {
    const LIMIT: usize = 40 << 10;
    let (large, small) = (vec![b'l'; 30 << 10], vec![b's'; 3 << 10]);
    let rows: [(&[&[u8]], bool); 9] = [
        (&[], true),
        (&[&small], true),
        (&[&large], true),
        (&[&small, &large], true),
        (&[&large, &small, &small], true),
        (&[&large, &large], true),
        (&[&large, &large, &small], true),
        (&[&large, &large], false),
        (&[&large, &small, &large, &small], false),
    ];
    for (body, starts) in rows {
        let whole = body.concat();
        let recorded = Recorded::default();
        let answer = pieces(body.iter().map(|piece| (Duration::ZERO, piece.to_vec())));
        let url = format!("{UPSTREAM}/");
        let mocks = Mocks::new().expect(post(&url), answer);
        let limits = CallLimits::default();
        let mut caller = caller(mocks.transport(network(&limits)), limits);
        let recording = recorded.recording().body_bytes(LIMIT);
        let recording = if starts {
            recording.keep_starts()
        } else {
            recording
        };
        recording.attach(&mut caller);
        let sent = Some(Bytes::from(whole.clone()));
        let seen = send_buffered(&calls(caller), Method::POST, &url, &[], sent).await;
        assert!(seen.body == whole, "the guest has all of it: {seen:?}");
        let exchange = recorded.only();
        assert_eq!(exchange.direction, Direction::Outbound);
        for body in [exchange.request.body, exchange.response.unwrap().body] {
            let RecordedBody {
                bytes, size, end, ..
            } = body;
            assert_eq!(size, whole.len() as u64);
            let is_larger = whole.len() > LIMIT;
            let (kept, want_end) = match (is_larger, starts) {
                (false, _) => (whole.len(), BodyEnd::Complete),
                (true, true) => (LIMIT, BodyEnd::TooLarge { limit: LIMIT }),
                (true, false) => (0, BodyEnd::TooLarge { limit: LIMIT }),
            };
            assert!(bytes == whole[..kept], "{} bytes, want {kept}", bytes.len());
            assert_eq!(end, want_end);
        }
    }
}
