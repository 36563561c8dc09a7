//! Every way in which a call can end, recorded.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::mocks::{Mocks, any, get, pieces, post, regex, stalled, status, text};
use harness_outbound::recording::{BodyEnd, Direction, RecordedExchange, Redaction};
use harness_outbound::{
    Body, BodyError, BoxFuture, CallContext, CallLimits, CallTimeouts, Exchanged, Hop, NoPeers,
    OutboundCalls, OutboundError, Phase, Transport, TransportError, Via,
};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use outbound_policy::Origin;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};

use super::{LIMIT, Recorded, caller, calls, network, send_buffered};

/// An upstream that is mocked. What the network records is in the tests of the command.
const UPSTREAM: &str = "http://127.0.0.1:9";

fn limits() -> CallLimits {
    CallLimits {
        response_timeout: Duration::from_secs(10),
        ..CallLimits::default()
    }
}

fn url(path: &str) -> String {
    format!("{UPSTREAM}{path}")
}

/// A guest that is recorded, and whose calls `mocks` answer.
fn recorded_guest(mocks: &Mocks, limits: CallLimits) -> (OutboundCalls, Recorded) {
    let recorded = Recorded::default();
    let mut caller = caller(mocks.transport(network(&limits)), limits);
    recorded.recording().attach(&mut caller);
    (calls(caller), recorded)
}

/// Method, URL, hop, status, kind of failure, and a part of its cause.
type Row<'a> = (
    &'a str,
    String,
    u32,
    Option<u16>,
    Option<TransportError>,
    &'a str,
);

#[track_caller]
fn check(exchanges: &[RecordedExchange], rows: &[Row<'_>]) {
    assert_eq!(exchanges.len(), rows.len(), "{exchanges:#?}");
    let mut wrong = Vec::new();
    for (exchange, (method, url, hop, status, error, cause)) in exchanges.iter().zip(rows) {
        let failure = exchange.failure.as_ref();
        let got = (
            exchange.request.method.as_str(),
            &exchange.request.url,
            exchange.hop,
            exchange.response.as_ref().map(|head| head.status.as_u16()),
            failure.and_then(|failure| failure.error.clone()),
        );
        let has_cause = match failure {
            Some(failure) => !cause.is_empty() && failure.cause.contains(cause),
            None => cause.is_empty(),
        };
        if got != (*method, url, *hop, *status, error.clone()) || !has_cause {
            wrong.push(format!(
                "want {method} {url} {status:?} {error:?} {cause:?}, got {exchange:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_call_is_one_entry_and_each_hop_its_own_whatever_its_end() {
    let redirect = |location| status(302).header("location", location);
    let mocks = Mocks::new()
        .expect(get(url("/a")), redirect("/b"))
        .expect(get(url("/b")), text("ok"))
        .expect(get(url("/denying")), redirect("http://other.test/"))
        .expect(get(url("/cut")), text("cut off").cut_after(3))
        .expect(get(url("/nonsense")), TransportError::Malformed)
        .expect(get(url("/refused")), TransportError::Refused);
    let (guest, recorded) = recorded_guest(&mocks, limits());
    for uri in [
        url("/a"),
        url("/denying"),
        url("/cut"),
        url("/nonsense"),
        url("/refused"),
        "http://other.test/".to_owned(),
        "http://[".to_owned(),
        "http://stock.spin.internal/7".to_owned(),
        "/own".to_owned(),
    ] {
        send_buffered(&guest, Method::GET, &uri, &[], None).await;
    }
    // Refused before the transport has it, although it is permitted.
    let contradiction = [("content-length", "7")];
    let uri = url("/contradiction");
    send_buffered(
        &guest,
        Method::POST,
        &uri,
        &contradiction,
        Some(Bytes::from("ok")),
    )
    .await;

    let exchanges = recorded.take();
    check(
        &exchanges,
        &[
            ("GET", url("/a"), 0, Some(302), None, ""),
            ("GET", url("/b"), 1, Some(200), None, ""),
            ("GET", url("/denying"), 0, Some(302), None, ""),
            (
                "GET",
                "http://other.test/".to_owned(),
                1,
                None,
                None,
                "other.test",
            ),
            (
                "GET",
                url("/cut"),
                0,
                Some(200),
                Some(TransportError::Incomplete),
                "incomplete",
            ),
            (
                "GET",
                url("/nonsense"),
                0,
                None,
                Some(TransportError::Malformed),
                "malformed",
            ),
            (
                "GET",
                url("/refused"),
                0,
                None,
                Some(TransportError::Refused),
                "refused",
            ),
            (
                "GET",
                "http://other.test/".to_owned(),
                0,
                None,
                None,
                "other.test",
            ),
            ("GET", "http://[".to_owned(), 0, None, None, "invalid"),
            (
                "GET",
                "http://stock.spin.internal/7".to_owned(),
                0,
                Some(200),
                None,
                "",
            ),
            (
                "GET",
                "http://self/own".to_owned(),
                0,
                None,
                None,
                "unreachable executed",
            ),
            ("POST", uri, 0, None, None, "content-length: 7"),
        ],
    );
    let name = format!("GET {UPSTREAM}/a");
    assert_eq!(exchanges[0].via, Some(Via::Mock { name }));
    let component = Some(Arc::from("stock"));
    assert_eq!(exchanges[9].via, Some(Via::InProcess { component }));
    let failure = exchanges[10].failure.as_ref().unwrap();
    assert_eq!(failure.details.as_deref(), Some("the end of its stderr"));
    assert_eq!(failure.error_code.as_deref(), Some("failed"));
    let body = &exchanges[4].response.as_ref().unwrap().body;
    assert_eq!((&*body.bytes, body.end), (&b"cut"[..], BodyEnd::Failed));
    assert_eq!(exchanges[0].component.as_deref(), Some("guest"));
    assert!(exchanges[0].rule.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_host_ends_is_recorded_with_its_reason() {
    let mocks = Mocks::new()
        .expect(get(url("/silent")), stalled())
        .expect(get(url("/stalled")), text("half rest").stall_after(4))
        .expect(get(url("/long")), text("nine byte"));
    let limits = CallLimits {
        response_timeout: Duration::from_millis(300),
        response_body_bytes: 8,
        ..limits()
    };
    let (guest, recorded) = recorded_guest(&mocks, limits);
    let mut seen = Vec::new();
    for path in ["/silent", "/stalled", "/long"] {
        seen.push(send_buffered(&guest, Method::GET, &url(path), &[], None).await);
    }
    let exchanges = recorded.take();
    let timeout = TransportError::Timeout(Phase::ResponseHeaders);
    check(
        &exchanges,
        &[
            (
                "GET",
                url("/silent"),
                0,
                None,
                Some(timeout),
                "whole response",
            ),
            ("GET", url("/stalled"), 0, Some(200), None, "whole response"),
            ("GET", url("/long"), 0, Some(200), None, "8 bytes"),
        ],
    );
    for (exchange, seen) in exchanges.iter().zip(seen) {
        let cause = exchange
            .failure
            .as_ref()
            .map(|failure| failure.cause.clone());
        assert_eq!(cause, seen.error, "the guest's log has the same reason");
    }
    let body = &exchanges[1].response.as_ref().unwrap().body;
    assert_eq!((&*body.bytes, body.end), (&b"half"[..], BodyEnd::Stopped));
    let name = format!("GET {UPSTREAM}/stalled");
    assert_eq!(exchanges[1].via, Some(Via::Mock { name }));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_abandoned_is_recorded() {
    let mocks = Mocks::new().expect(any(), stalled());
    let (guest, recorded) = recorded_guest(&mocks, limits());
    let uri = url("/");
    let call = send_buffered(&guest, Method::GET, &uri, &[], None);
    timeout(Duration::from_millis(200), call).await.unwrap_err();
    let row = ("GET", uri, 0, None, None, "the invocation ended");
    check(&recorded.take(), &[row]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_guest_ends_is_recorded_as_such_unless_its_invocation_ends() {
    for (invocation_ends, reason) in [
        (false, "the guest ended the call"),
        (true, "the invocation ended"),
    ] {
        let mocks = Mocks::new().expect(any(), stalled());
        let (guest, recorded) = recorded_guest(&mocks, limits());
        let uri = url("/");
        let request = Request::get(&uri).body(Body::from(Bytes::new())).unwrap();
        let call = guest.send_streaming(request, CallTimeouts::default(), |_| "failed");
        {
            let mut call = std::pin::pin!(call);
            timeout(Duration::from_millis(200), &mut call)
                .await
                .unwrap_err();
            if invocation_ends {
                guest.invocation_ended();
            }
        }
        let row = ("GET", uri, 0, None, None, reason);
        check(&recorded.take(), &[row]);
    }
}

#[tokio::test(start_paused = true)]
async fn pieces_reach_the_guest_while_they_are_recorded() {
    let last = (Duration::from_secs(5), &b"\xff\x00\r\n"[..]);
    let answer = pieces([(Duration::ZERO, &b"one"[..]), last])
        .header("x-v", b"caf\xe9")
        .trailer("x-sum", "1")
        .trailer("x-sum", b"\xe9");
    let mocks = Mocks::new().expect(post(url("/")), answer);
    let (guest, recorded) = recorded_guest(&mocks, limits());
    let (sender, body) = mpsc::channel(2);
    let request = Request::post(url("/"))
        .body(Body::stream(Pieces(body)))
        .unwrap();
    sender.send(Bytes::from(&b"a\xfe"[..])).await.unwrap();
    sender.send(Bytes::from("b")).await.unwrap();
    drop(sender);
    let started = Instant::now();
    let sent = guest.send_streaming(request, CallTimeouts::default(), |_| "failed");
    let mut response = timeout(LIMIT, sent).await.unwrap().unwrap();
    let first = timeout(LIMIT, response.body_mut().frame()).await;
    let first = first.unwrap().unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "one");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the first piece waits for no other"
    );
    assert!(recorded.take().is_empty(), "the exchange has not ended");
    let rest = timeout(LIMIT, response.body_mut().collect()).await;
    let rest = rest.unwrap().unwrap();
    let trailers = rest.trailers().cloned().unwrap();
    assert_eq!(rest.to_bytes(), &b"\xff\x00\r\n"[..]);

    let exchange = recorded.only();
    assert_eq!(exchange.request.body.bytes, &b"a\xfeb"[..]);
    assert_eq!(exchange.request.body.end, BodyEnd::Complete);
    let head = exchange.response.unwrap();
    assert_eq!(head.headers["x-v"], &b"caf\xe9"[..]);
    assert_eq!(head.body.bytes, &b"one\xff\x00\r\n"[..]);
    assert_eq!(head.body.end, BodyEnd::Complete);
    assert_eq!(head.body.trailers, trailers);
    assert_eq!(trailers.get_all("x-sum").iter().count(), 2);
}

/// The pieces of a guest's request body.
struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|data| data.map(|data| Ok(Frame::data(data))))
    }
}

#[tokio::test]
async fn a_body_above_the_limit_of_the_recording_reaches_the_guest_and_not_the_record() {
    let (guest, recorded) = {
        let recorded = Recorded::default();
        let mut caller = caller(network(&limits()), limits());
        recorded.recording().body_bytes(4).attach(&mut caller);
        (calls(caller), recorded)
    };
    let body = Some(Bytes::from("12345"));
    let uri = "http://stock.spin.internal/";
    let seen = send_buffered(&guest, Method::POST, uri, &[], body).await;
    assert_eq!(seen.body, b"12345");
    let exchange = recorded.only();
    for body in [exchange.request.body, exchange.response.unwrap().body] {
        let want = (&b""[..], BodyEnd::TooLarge { limit: 4 });
        assert_eq!((&*body.bytes, body.end), want);
    }
}

#[tokio::test]
async fn the_error_of_a_request_that_no_mock_matches_has_no_redacted_value() {
    let long = "s3cret".repeat(100);
    let url = url(&format!("/?token={long}&page=2"));
    let redaction = Redaction::default()
        .header(HeaderName::from_static("x-api-key"))
        .query_parameter("token");
    let plain = || get("http://127.0.0.1:9/").query("page", "2");
    let rows = [
        (plain().header("x-api-key", "\"s3cret\", want"), "x-api-key"),
        (
            plain().header("authorization", "other-s3cret"),
            "authorization",
        ),
        (plain().query("token", "s3cret\""), "token"),
        (get("http://127.0.0.1:9/?token=s3cret"), "query"),
        (post(&url), "method"),
        (get(regex("nowhere")), "URL"),
    ];
    for (expectation, field) in rows {
        let recorded = Recorded::default();
        let mocks = Mocks::new()
            .expect(expectation, status(200))
            .verify_on_drop(false);
        let mut caller = caller(mocks.transport(network(&limits())), limits());
        recorded.recording().attach(&mut caller);
        for api_key in [long.as_str(), "s3cret\", want \"", "s3cret"] {
            let headers = [("x-api-key", api_key), ("authorization", "s3cret")];
            let guest = calls(caller.clone());
            let seen = send_buffered(&guest, Method::GET, &url, &headers, None).await;
            assert!(seen.error.unwrap().contains("s3cret"), "{field}");
            let mut exchange = recorded.only();
            redaction.apply(&mut exchange);
            let cause = exchange.failure.unwrap().cause;
            assert!(!cause.contains("s3cret"), "{field}: {cause}");
            assert!(cause.contains(field), "{cause}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_stops_reading_has_what_it_read_in_the_record() {
    let mocks = Mocks::new().expect(any(), text("half rest").stall_after(4));
    let (guest, recorded) = recorded_guest(&mocks, limits());
    let uri = url("/");
    let request = Request::get(&uri).body(Body::from(Bytes::new())).unwrap();
    let sent = guest.send_streaming(request, CallTimeouts::default(), |_| "failed");
    let mut response = timeout(LIMIT, sent).await.unwrap().unwrap();
    let piece = timeout(LIMIT, response.body_mut().frame()).await.unwrap();
    assert_eq!(piece.unwrap().unwrap().into_data().unwrap(), "half");
    drop(response);
    let exchange = recorded.only();
    assert_eq!(exchange.failure, None);
    let body = exchange.response.unwrap().body;
    assert_eq!((&*body.bytes, body.end), (&b"half"[..], BodyEnd::Stopped));
}

#[tokio::test(start_paused = true)]
async fn equal_calls_at_the_same_time_keep_their_own_records() {
    const N_CALLS: u32 = 20;
    // The last one is answered first.
    let answer = |number: u32| {
        let delay = Duration::from_millis(u64::from(N_CALLS - number));
        text(number.to_string()).delay(delay)
    };
    let answers: Vec<_> = (0..N_CALLS).map(answer).collect();
    let mocks = Mocks::new().expect(any().times(20), answers);
    let (guest, recorded) = recorded_guest(&mocks, limits());
    let uri = url("/");
    let guest = Arc::new(guest);
    let running: Vec<_> = (0..N_CALLS)
        .map(|number| {
            let (guest, uri) = (Arc::clone(&guest), uri.clone());
            tokio::spawn(async move {
                let number = number.to_string();
                let headers = [("x-number", number.as_str())];
                let seen = send_buffered(&guest, Method::GET, &uri, &headers, None).await;
                (number, seen.body)
            })
        })
        .collect();
    let mut seen = Vec::new();
    for call in running {
        seen.push(timeout(LIMIT, call).await.unwrap().unwrap());
    }
    let mut got: Vec<_> = recorded
        .take()
        .into_iter()
        .map(|exchange| {
            let number = exchange.request.headers["x-number"]
                .to_str()
                .unwrap()
                .to_owned();
            (number, exchange.response.unwrap().body.bytes.to_vec())
        })
        .collect();
    seen.sort();
    got.sort();
    assert_eq!(got, seen);
}

/// Answers with the field `x-number` of the request.
struct Echo;

impl Transport for Echo {
    fn exchange<'a>(
        &'a self,
        _hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let number = Bytes::copy_from_slice(request.headers()["x-number"].as_bytes());
        let name = "echo".to_owned();
        Box::pin(async {
            Ok(Exchanged {
                response: Response::new(Body::from(number)),
                via: Via::Mock { name },
            })
        })
    }
}

/// Holds the request of a number back until it is released.
struct Hold {
    number: &'static str,
    released: Arc<Notify>,
    inner: Arc<dyn Transport>,
}

impl Transport for Hold {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        Box::pin(async move {
            if request.headers()["x-number"] == self.number {
                self.released.notified().await;
            }
            self.inner.exchange(hop, request).await
        })
    }
}

#[tokio::test]
async fn equal_calls_keep_their_own_records_whichever_the_transport_has_first() {
    let recorded = Recorded::default();
    let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let hold = |number, released: &Arc<Notify>, inner| {
        Arc::new(Hold {
            number,
            released: Arc::clone(released),
            inner,
        })
    };
    // The second call reaches the recording first, and ends last.
    let mut caller = caller(hold("2", &second, Arc::new(Echo)), limits());
    recorded.recording().attach(&mut caller);
    caller.transport = hold("1", &first, Arc::clone(&caller.transport));
    let guest = calls(caller);
    let send = async |number| {
        let headers = [("x-number", number)];
        let seen = send_buffered(&guest, Method::GET, "http://127.0.0.1:9/", &headers, None).await;
        assert_eq!(seen.body, number.as_bytes());
    };
    tokio::join!(
        async {
            send("1").await;
            second.notify_one();
        },
        send("2"),
        async { first.notify_one() },
    );
    let got: Vec<_> = recorded
        .take()
        .into_iter()
        .map(|exchange| {
            let number = exchange.request.headers["x-number"].clone();
            (number, exchange.response.unwrap().body.bytes)
        })
        .collect();
    let want = ["1", "2"].map(|number| (number.parse().unwrap(), Bytes::from(number)));
    assert_eq!(got, want, "request and response of each record");
}

#[tokio::test]
async fn an_inbound_request_and_its_response_are_an_entry() {
    let recorded = Recorded::default();
    let recording = recorded.recording();
    let origin = Origin::parse("http://localhost").unwrap();
    let context = CallContext::new(Arc::new(NoPeers(origin)));
    let url = "http://127.0.0.1:3000/in?x=1";
    let request = |body: &'static str| {
        Request::post("/in?x=1")
            .header("x-a", "1")
            .body(Body::from(Bytes::from(body)))
            .unwrap()
    };
    let (_request, record) = recording.inbound(&context, Some("api"), url, request("ping"));
    let (sender, body) = mpsc::channel(1);
    sender.send(Bytes::from("ping")).await.unwrap();
    drop(sender);
    let mut response = Response::new(Body::stream(Pieces(body)));
    *response.status_mut() = StatusCode::CREATED;
    let response = record.responded(response);
    assert!(recorded.take().is_empty(), "the body has not ended");
    let body = timeout(LIMIT, response.into_body().collect()).await;
    assert_eq!(body.unwrap().unwrap().to_bytes(), "ping");
    let exchange = recorded.only();
    assert_eq!(exchange.direction, Direction::Inbound);
    assert_eq!(exchange.chain, Some(context.chain()));
    assert_eq!(exchange.request.url, url);
    assert_eq!(exchange.request.body.bytes, "ping");
    let head = exchange.response.unwrap();
    assert_eq!(
        (head.status.as_u16(), &*head.body.bytes),
        (201, &b"ping"[..])
    );

    // A reader need not ask for more after trailers. The response has the version of its request.
    let mut trailed = request("");
    *trailed.version_mut() = Version::HTTP_2;
    let (_request, record) = recording.inbound(&context, Some("api"), url, trailed);
    let trailers = HeaderMap::from_iter([(HeaderName::from_static("x-sum"), 1.into())]);
    let frames = [Frame::data(Bytes::from("ping")), Frame::trailers(trailers)];
    let frames = futures_util::stream::iter(frames.map(Ok));
    let response = Response::new(Body::stream(StreamBody::new(frames)));
    let mut body = record.responded(response).into_body();
    for _ in 0..2 {
        body.frame().await.unwrap().unwrap();
    }
    drop(body);
    let head = recorded.only().response.unwrap();
    assert_eq!(head.body.end, BodyEnd::Complete);
    assert_eq!(head.body.trailers.len(), 1);
    assert_eq!(head.version, Version::HTTP_2);

    let (_request, record) = recording.inbound(&context, Some("api"), url, request(""));
    record.failed("the guest trapped".to_owned(), "stderr".to_owned());
    let failure = recorded.only().failure.unwrap();
    assert_eq!(failure.cause, "the guest trapped");
    assert_eq!(failure.details.as_deref(), Some("stderr"));

    let (_request, record) = recording.inbound(&context, Some("api"), url, request(""));
    let page = Response::new(Body::from(Bytes::from("sorry")));
    let response = record.replaced("the guest trapped".to_owned(), String::new(), page);
    // A body in memory is recorded at once, and stays one.
    let exchange = recorded.only();
    assert!(matches!(response.body(), Body::Buffered(_)), "{response:?}");
    let body = timeout(LIMIT, response.into_body().collect()).await;
    assert_eq!(body.unwrap().unwrap().to_bytes(), "sorry");
    assert_eq!(exchange.response.unwrap().body.bytes, "sorry");
    let failure = exchange.failure.unwrap();
    assert_eq!(
        (&*failure.cause, failure.details),
        ("the guest trapped", None)
    );

    let (_request, record) = recording.inbound(&context, Some("api"), url, request(""));
    drop(record);
    let failure = recorded.only().failure.unwrap();
    assert!(failure.cause.contains("ended before"), "{failure:?}");
}
