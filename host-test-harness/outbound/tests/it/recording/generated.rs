//! Arbitrary exchanges: what a file has is what the guest saw, byte for byte.

use std::sync::Arc;

use bytes::Bytes;
use harness_outbound::har::{HarWriter, read_file};
use harness_outbound::recording::{BodyEnd, Existing, RecordedExchange, Recording, Redaction};
use harness_outbound::{
    Body, BodyError, BoxFuture, CallLimits, Exchanged, Hop, OutboundError, Phase, TlsError,
    Transport, TransportError, Via,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Frame;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::schema::refused;
use super::{Seen, caller, calls, send_buffered, send_streaming};

/// What the upstream does.
#[derive(Debug, Clone)]
struct Script {
    status: u16,
    headers: HeaderMap,
    pieces: Vec<Vec<u8>>,
    trailers: Option<HeaderMap>,
    /// Fails before the head, or after the last piece.
    failure: Option<(bool, TransportError)>,
    /// Keeps what the request had.
    received: Arc<std::sync::Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Transport for Script {
    fn exchange<'a>(
        &'a self,
        _hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            self.received.lock().unwrap().push((head.headers, body));
            if let Some((true, error)) = &self.failure {
                return Err(error.clone().into());
            }
            let frames = self
                .pieces
                .iter()
                .cloned()
                .map(|piece| Ok(Frame::data(Bytes::from(piece))));
            let trailers = self
                .trailers
                .clone()
                .map(|trailers| Ok(Frame::trailers(trailers)));
            let failure = self
                .failure
                .clone()
                .map(|(_, error)| Err(BodyError::from(error)));
            let frames: Vec<_> = match failure {
                Some(failure) => frames.chain([failure]).collect(),
                None => frames.chain(trailers).collect(),
            };
            let body = Frames(frames.into_iter());
            let mut response = Response::new(Body::stream(body));
            *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
            *response.headers_mut() = self.headers.clone();
            let name = "script".to_owned();
            let via = Via::Mock { name };
            Ok(Exchanged { response, via })
        })
    }
}

struct Frames(std::vec::IntoIter<Result<Frame<Bytes>, BodyError>>);

impl hyper::body::Body for Frames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        std::task::Poll::Ready(self.0.next())
    }
}

fn fields() -> impl Strategy<Value = HeaderMap> {
    let name = prop_oneof![
        Just("x-a".to_owned()),
        Just("content-type".to_owned()),
        Just("set-cookie".to_owned()),
        Just("location".to_owned()),
        "[a-z!#$%&'*+.^_`|~-][a-z0-9]{0,6}",
    ];
    // Every byte that a value may have.
    let byte = prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8];
    vec((name, vec(byte, 0..12)), 0..6).prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            // The fields of a connection are not a guest's.
            if let Ok(name) = HeaderName::try_from(name)
                && name != "te"
            {
                headers.append(name, HeaderValue::from_bytes(&value).unwrap());
            }
        }
        headers
    })
}

fn body() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..40),
        "\\PC{0,20}".prop_map(String::into_bytes),
        Just("é".as_bytes()[..1].to_vec()),
        Just("é".as_bytes()[1..].to_vec()),
    ];
    vec(piece, 0..4)
}

fn error() -> impl Strategy<Value = TransportError> {
    prop::sample::select(vec![
        TransportError::Dns,
        TransportError::BlockedAddress,
        TransportError::Refused,
        TransportError::Unreachable,
        TransportError::TooManyConnections,
        TransportError::Tls(TlsError::Certificate),
        TransportError::Tls(TlsError::Alert {
            code: 40,
            name: Some("HandshakeFailure"),
        }),
        TransportError::Reset,
        TransportError::Incomplete,
        TransportError::Malformed,
        TransportError::Timeout(Phase::Connect),
    ])
}

fn script() -> impl Strategy<Value = Script> {
    let status = prop_oneof![200..300_u16, 400..=999_u16];
    let failure = prop::option::weighted(0.3, (any::<bool>(), error()));
    (
        status,
        fields(),
        body(),
        prop::option::of(fields()),
        failure,
    )
        .prop_map(|(status, headers, pieces, trailers, failure)| Script {
            status,
            headers,
            pieces,
            trailers,
            failure,
            received: Arc::default(),
        })
}

/// Calls the script through the import with buffered or with streaming bodies, and returns what the guest saw and
/// what the file has.
fn record(
    script: &Script,
    request: (Method, HeaderMap, Vec<u8>),
    streams: bool,
) -> (Seen, RecordedExchange) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let writer = HarWriter::create(&path, Existing::Replace, Redaction::none()).unwrap();
    let writer = Arc::new(writer);
    let sink = Arc::clone(&writer);
    let mut caller = caller(Arc::new(script.clone()), CallLimits::default());
    Recording::new(move |exchange| sink.append(&exchange)).attach(&mut caller);
    let guest = calls(caller);
    let (method, headers, body) = request;
    let uri = "http://127.0.0.1:9/a?b=%20";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let seen = runtime.block_on(async {
        if streams {
            let mut request = Request::new(Body::stream(
                Full::new(Bytes::from(body)).map_err(|never| match never {}),
            ));
            *request.method_mut() = method;
            *request.headers_mut() = headers;
            *request.uri_mut() = uri.parse().unwrap();
            send_streaming(&guest, request).await
        } else {
            send_buffered(&guest, method, uri, &[], Some(body.into())).await
        }
    });
    writer.finish().unwrap();
    let file = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(refused(&file), Vec::<String>::new());
    let mut exchanges = read_file(&path).unwrap();
    assert_eq!(exchanges.len(), 1);
    (seen, exchanges.remove(0))
}

fn check(script: &Script, seen: &Seen, streams: bool, exchange: &RecordedExchange) {
    let received = script.received.lock().unwrap().pop().unwrap();
    let request = &exchange.request;
    assert_eq!(
        (&request.headers, &request.body.bytes),
        (&received.0, &received.1)
    );
    let failure = exchange.failure.as_ref();
    assert_eq!(failure.map(|failure| &failure.cause), seen.error.as_ref());
    assert_eq!(
        failure.and_then(|failure| failure.error.as_ref()),
        script.failure.as_ref().map(|(_, error)| error)
    );
    let Some(head) = &exchange.response else {
        assert_eq!(seen.status, 0);
        return;
    };
    if failure.is_some() && !streams {
        // The guest of a buffered call has nothing of a response that failed.
        assert_eq!(head.body.end, BodyEnd::Failed);
        return;
    }
    assert_eq!(
        (head.status.as_u16(), &head.headers),
        (seen.status, &seen.headers)
    );
    assert_eq!(head.body.bytes, seen.body);
    if streams {
        assert_eq!(head.body.trailers, seen.trailers);
    }
    let end = if failure.is_some() {
        BodyEnd::Failed
    } else {
        BodyEnd::Complete
    };
    assert_eq!(head.body.end, end);
}

/// The inputs are the same in every run, so a failure can be reproduced.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_recording_has_what_the_guest_saw(
        script in script(),
        method in prop::sample::select(vec![Method::GET, Method::POST, Method::PUT, Method::DELETE]),
        headers in fields(),
        body in body(),
        streams in any::<bool>(),
    ) {
        let (seen, exchange) = record(&script, (method, headers, body.concat()), streams);
        check(&script, &seen, streams, &exchange);
    }
}
