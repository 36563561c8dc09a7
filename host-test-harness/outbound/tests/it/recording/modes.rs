//! What a run does with the file of a recording, in each mode.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::har::{HarRecording, HarWriter, read_file};
use harness_outbound::mocks::Mocks;
use harness_outbound::recording::{
    BodyEnd, Existing, RecordMode, RecordedBody, RecordedFailure, RecordedRequest, Redaction,
};
use harness_outbound::{
    Body, BoxFuture, CallLimits, Exchanged, Hop, OutboundError, Transport, Via,
};
use http::{HeaderMap, Method, Request, Response};
use tokio::time::timeout;

use super::writer::{full, headers, record};
use super::{caller, calls, send_buffered, send_streaming};

/// An upstream that answers with the number of its call.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Transport for Counter {
    fn exchange<'a>(
        &'a self,
        _hop: Hop<'a>,
        _request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let body = Body::from(Bytes::from(number.to_string()));
        let name = "counter".to_owned();
        Box::pin(async {
            Ok(Exchanged {
                response: Response::new(body),
                via: Via::Mock { name },
            })
        })
    }
}

/// Calls each path in one run, and returns the bodies of the responses; `None` is a failed call.
async fn run(file: &Path, mode: RecordMode, upstream: &Arc<Counter>, paths: &[&str]) -> Seen {
    let redaction = Redaction::default().query_parameter("token");
    let file = HarRecording::open(file, mode, redaction).unwrap();
    let mut caller = caller(Arc::clone(upstream) as _, CallLimits::default());
    file.recording().attach(&mut caller);
    let guest = calls(caller);
    let mut seen = Vec::new();
    for path in paths {
        let uri = format!("http://127.0.0.1:9{path}");
        let response = send_buffered(&guest, Method::GET, &uri, &[], None).await;
        seen.push(match response.error {
            None => Ok(String::from_utf8(response.body).unwrap()),
            Some(error) => Err(error),
        });
    }
    file.finish().unwrap();
    seen
}

type Seen = Vec<Result<String, String>>;

fn recorded(file: &Path) -> Vec<String> {
    let exchanges = read_file(file).unwrap().into_iter();
    exchanges
        .map(|exchange| exchange.request.url.replace("http://127.0.0.1:9", ""))
        .collect()
}

/// The mode of a run, the paths that it calls, the responses, and the calls that the file has after it.
type Row<'a> = (RecordMode, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

/// What a call without a response is here.
const FAILED: &str = "failed";

#[tokio::test]
async fn each_mode_reads_and_writes_the_file_as_it_says() {
    use RecordMode::{All, NewEpisodes, None, Once};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let upstream = Arc::new(Counter::default());
    HarRecording::open(&path, None, Redaction::default()).unwrap_err();
    let rows: [Row<'_>; 9] = [
        (
            Once,
            &["/a", "/a", "/b"],
            &["1", "2", "3"],
            &["/a", "/a", "/b"],
        ),
        (
            Once,
            &["/b", "/a", "/a", "/a", "/c"],
            &["3", "1", "2", FAILED, FAILED],
            &["/a", "/a", "/b"],
        ),
        (None, &["/b", "/c"], &["3", FAILED], &["/a", "/a", "/b"]),
        (NewEpisodes, &["/b"], &["3"], &["/a", "/a", "/b"]),
        (
            NewEpisodes,
            &["/b", "/c", "/b"],
            &["3", "4", "5"],
            &["/a", "/a", "/b", "/c", "/b"],
        ),
        (
            NewEpisodes,
            &["/b", "/c", "/b"],
            &["3", "4", "5"],
            &["/a", "/a", "/b", "/c", "/b"],
        ),
        (All, &["/b"], &["6"], &["/b"]),
        (None, &["/b"], &["6"], &["/b"]),
        (All, &[], &[], &["/b"]),
    ];
    for (row, (mode, paths, want, want_file)) in rows.into_iter().enumerate() {
        let before = std::fs::read(&path).unwrap_or_default();
        let seen = run(&path, mode, &upstream, paths).await;
        let seen: Vec<_> = seen
            .iter()
            .map(|response| response.as_deref().unwrap_or(FAILED))
            .collect();
        assert_eq!(seen, want, "row {row}: {mode}");
        assert_eq!(recorded(&path), want_file, "row {row}: {mode}");
        if want_file.len() == 3 && row > 0 {
            let is_same = std::fs::read(&path).unwrap() == before;
            assert!(is_same, "row {row}: {mode} changes the file");
        }
    }
    std::fs::remove_file(&path).unwrap();
    run(&path, NewEpisodes, &upstream, &["/a"]).await;
    assert_eq!(recorded(&path), ["/a"]);
}

#[tokio::test]
async fn a_call_that_a_replay_lacks_names_the_nearest_and_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let upstream = Arc::new(Counter::default());
    run(&path, RecordMode::Once, &upstream, &["/a?x=1", "/b"]).await;
    let seen = run(&path, RecordMode::Once, &upstream, &["/a?x=2"]).await;
    let error = seen[0].clone().unwrap_err();
    for part in [
        "no recorded call matches GET",
        "nearest of 2",
        "/a?x=1",
        "query: got \"x=2\", want \"x=1\"",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_body_that_the_recorded_guest_left_early_is_incomplete_in_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let mut exchange = full();
    exchange.request = RecordedRequest {
        method: Method::GET,
        url: "http://127.0.0.1:9/".to_owned(),
        headers: HeaderMap::new(),
        body: RecordedBody::complete(""),
    };
    exchange.failure = None;
    let head = exchange.response.as_mut().unwrap();
    head.headers = headers(&[("content-length", b"100")]);
    head.body = RecordedBody {
        end: BodyEnd::Stopped,
        ..RecordedBody::complete("ok")
    };
    record(&path, Existing::Replace, Redaction::default(), &[exchange]);

    let replay = Mocks::from_har(&path).unwrap();
    let network = Arc::new(Counter::default());
    let guest = calls(caller(replay.transport(network), CallLimits::default()));
    let request = Request::get("http://127.0.0.1:9/");
    let request = request.body(Body::from(Bytes::new())).unwrap();
    let seen = send_streaming(&guest, request).await;
    assert_eq!((seen.status, &*seen.body), (599, &b"ok"[..]));
    assert!(seen.error.unwrap().contains("incomplete"));
}

#[tokio::test]
async fn a_recorded_call_without_a_response_has_none_in_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let ended = |url: &str, component: Option<&str>| {
        let mut exchange = full();
        exchange.component = component.map(Arc::from);
        exchange.request = RecordedRequest {
            method: Method::GET,
            url: url.to_owned(),
            headers: HeaderMap::new(),
            body: RecordedBody::complete(""),
        };
        exchange.response = None;
        exchange.failure = Some(RecordedFailure {
            error: None,
            error_code: None,
            cause: "no answer".to_owned(),
            details: None,
        });
        exchange
    };
    let answered = |url: &str| {
        let mut exchange = ended(url, Some("guest"));
        exchange.failure = None;
        exchange.response = full().response;
        exchange.response.as_mut().unwrap().body = RecordedBody::complete("ok");
        exchange
    };
    let (url, other) = ("http://127.0.0.1:9/", "http://127.0.0.1:9/other");
    let exchanges = [
        ended("http://stock.spin.internal/", Some("guest")),
        ended(url, Some("guest")),
        answered(url),
        ended(other, None),
    ];
    record(&path, Existing::Replace, Redaction::default(), &exchanges);

    let replay = Mocks::from_har(&path).unwrap().verify_on_drop(false);
    let network = Arc::new(Counter::default());
    let guest = calls(caller(replay.transport(network), CallLimits::default()));
    let send = |uri| send_buffered(&guest, Method::GET, uri, &[], None);
    assert_eq!(send("http://stock.spin.internal/").await.status, 200);
    // The guest ends the call, as it did when it was recorded.
    timeout(Duration::from_millis(100), send(url))
        .await
        .unwrap_err();
    assert_eq!(send(url).await.body, b"ok");
    let error = send(other).await.error.unwrap();
    assert!(
        error.contains("log.entries[3] of ") && error.contains("\"no answer\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_redacted_query_parameter_may_have_any_value_in_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let upstream = Arc::new(Counter::default());
    run(
        &path,
        RecordMode::Once,
        &upstream,
        &["/a.b?token=s3cret&x=1"],
    )
    .await;
    assert_eq!(recorded(&path), ["/a.b?token=REDACTED&x=1"]);
    let paths = [
        "/a.b?token=&x=2",
        "/a-b?token=&x=1",
        "/a.b?x=1",
        "/a.b?token=other&x=1",
    ];
    let seen = run(&path, RecordMode::None, &upstream, &paths).await;
    let n_failed = seen.iter().filter(|response| response.is_err()).count();
    assert_eq!((n_failed, &seen[3]), (3, &Ok("1".to_owned())), "{seen:?}");
}

#[tokio::test]
async fn what_an_interrupted_run_recorded_is_replayed_by_new_episodes_and_kept_by_once() {
    for (mode, want, want_file) in [
        (RecordMode::NewEpisodes, ["1", "2"], vec!["/a", "/b"]),
        (RecordMode::Once, ["2", "3"], vec!["/a", "/a", "/b"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.har");
        let partial = folder.path().join("a.har.partial");
        let upstream = Arc::new(Counter::default());
        run(&path, RecordMode::All, &upstream, &["/a"]).await;
        let exchange = read_file(&path).unwrap().remove(0);
        std::fs::remove_file(&path).unwrap();
        let writer = HarWriter::create(&path, Existing::Replace, Redaction::default()).unwrap();
        writer.append(&exchange);
        // The process ends here: neither `finish` nor `drop` runs, and the lock of the file is gone.
        let left = std::fs::read(&partial).unwrap();
        drop(writer);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&partial, left).unwrap();

        let seen = run(&path, mode, &upstream, &["/a", "/b"]).await;
        assert_eq!(seen, want.map(|number| Ok(number.to_owned())), "{mode}");
        assert_eq!(recorded(&path), want_file, "{mode}");
        assert!(!partial.exists(), "{mode}");
    }
}
