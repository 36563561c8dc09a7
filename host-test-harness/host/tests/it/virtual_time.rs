//! Under tokio's paused clock, delays, limits, timeouts and the clocks of a guest pass together, and at once.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use spin_harness::mocks::{Mocks, any, bytes, get, stalled, text};
use spin_harness::recording::{Direction, Recording};
use spin_harness::{Error, ErrorKind, Guest, Limits, TestApp};
use test_support::application::two_components;
use test_support::guests::{builder, handle, wire_probe, wire_probe_in};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};
use test_support::table::check_rows;

const URL: &str = "http://api.test/a";

/// Runs a future under a paused clock, and returns how much time passed by that clock.
fn virtually<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let really = Instant::now();
    let done = runtime.block_on(async {
        let started = tokio::time::Instant::now();
        let result = future.await;
        (result, started.elapsed())
    });
    let really = really.elapsed();
    assert!(really < Duration::from_secs(8), "it took {really:?}");
    done
}

/// Timers have a resolution of a millisecond.
#[track_caller]
fn assert_seconds(passed: Duration, want: f64) {
    let late = passed.as_secs_f64() - want;
    assert!((0.0..0.05).contains(&late), "{passed:?}, want {want} s");
}

/// A guest of each import.
fn guests() -> [Guest; 3] {
    [
        wire_probe(&["api.test"]),
        SPIN_SDK_5.guest(&["api.test"]),
        SPIN_SDK_7.guest(&["api.test"]),
    ]
}

fn mocked(guest: &Guest, mocks: &Mocks) -> TestApp {
    TestApp::guest(guest.clone()).mocks(mocks)
}

fn ask(path: &str, urls: &[&str]) -> Request<Bytes> {
    let asked: Vec<Value> = urls
        .iter()
        .map(|url| json!({"method": "GET", "uri": url}))
        .collect();
    let body = serde_json::to_vec(&asked).unwrap();
    Request::post(path).body(body.into()).unwrap()
}

#[track_caller]
fn body(response: Result<Response<Bytes>, Error>) -> String {
    String::from_utf8(response.unwrap().into_body().into()).unwrap()
}

#[test]
fn a_limit_of_the_harness_ends_a_call_of_each_import() {
    check_rows(guests(), |guest| {
        let mocks = Mocks::new().expect(any(), stalled());
        let app = mocked(guest, &mocks);
        let (response, passed) = virtually(app.request(ask("/", &[URL])));
        let got = body(response);
        assert!(got.contains("\"error\""), "{got}");
        assert_seconds(passed, 30.0);
    });
}

#[test]
fn a_timeout_of_a_guest_ends_its_call() {
    let limits = || Limits {
        response_timeout: Duration::from_secs(300),
        wall_time: Duration::from_secs(300),
        ..Limits::default()
    };
    let guests = [&SPIN_SDK_5, &SPIN_SDK_7];
    let guests = guests.map(|published| published.guest_in(builder(limits()), &["api.test"]));
    check_rows(guests, |guest| {
        let mocks = Mocks::new().expect(any(), text("late").delay(Duration::from_secs(60)));
        let app = mocked(guest, &mocks);
        let (response, passed) = virtually(app.get("/impatient?30000&api.test"));
        let got = body(response);
        assert!(got.contains("HttpResponseTimeout"), "{got}");
        assert_seconds(passed, 30.0);
    });
}

#[test]
fn the_clocks_of_a_guest_pass_while_it_sleeps() {
    check_rows(guests(), |guest| {
        let (response, passed) = virtually(guest.handle(ask("/rest", &[])));
        response.unwrap();
        assert_seconds(passed, 10.0);
    });
}

#[test]
fn a_guest_that_sleeps_for_ever_ends_by_its_wall_time() {
    check_rows(guests(), |guest| {
        let (response, passed) = virtually(guest.get("/sleep"));
        assert_eq!(response.unwrap_err().kind(), ErrorKind::WallTimeReached);
        assert_seconds(passed, 60.0);
    });
}

#[test]
fn the_wall_time_of_a_guest_that_computes_is_real() {
    let limits = || Limits {
        wall_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let guests = [&SPIN_SDK_5, &SPIN_SDK_7];
    let guests = guests.map(|published| published.guest_in(builder(limits()), &[]));
    check_rows(guests, |guest| {
        let (response, passed) = virtually(guest.get("/loop"));
        assert_eq!(response.unwrap_err().kind(), ErrorKind::WallTimeReached);
        assert_seconds(passed, 0.0);
    });
}

#[test]
fn the_delays_of_calls_pass_at_the_same_time_or_one_after_the_other() {
    let urls = ["http://api.test/5", "http://api.test/10"];
    let rows = [
        ("concurrent", SPIN_SDK_7.guest(&["api.test"]), "/join", 10.0),
        ("sequential", SPIN_SDK_7.guest(&["api.test"]), "/", 15.0),
        ("spin", wire_probe(&["api.test"]), "/", 15.0),
    ];
    check_rows(rows, |(_, guest, path, want)| {
        let delayed = |seconds| text("").delay(Duration::from_secs(seconds));
        let mocks = Mocks::new()
            .expect(get(urls[0]), delayed(5))
            .expect(get(urls[1]), delayed(10));
        let app = mocked(guest, &mocks);
        let (response, passed) = virtually(app.request(ask(path, &urls)));
        assert_eq!(response.unwrap().status(), 200);
        assert_seconds(passed, *want);
    });
}

#[test]
fn requests_at_the_same_time_share_the_clock() {
    let mocks = Mocks::new().expect(any(), text("").delay(Duration::from_secs(20)));
    let app = mocked(&wire_probe(&["api.test"]), &mocks);
    let (responses, passed) = virtually(async {
        let later = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            app.request(ask("/", &[URL])).await
        };
        tokio::join!(app.request(ask("/", &[URL])), later)
    });
    assert!(responses.0.is_ok() && responses.1.is_ok(), "{responses:?}");
    assert_seconds(passed, 25.0);
}

#[test]
fn a_slow_body_reaches_a_guest_that_streams_it() {
    let guests = [&SPIN_SDK_5, &SPIN_SDK_7].map(|published| published.guest(&["api.test"]));
    check_rows(guests, |guest| {
        let slow = bytes(vec![b'a'; 1000]).bytes_per_second(10);
        let mocks = Mocks::new().expect(any(), slow);
        let app = mocked(guest, &mocks);
        let (response, passed) = virtually(app.get(format!("/proxy?{URL}")));
        assert_eq!(body(response).len(), 1000);
        assert_seconds(passed, 100.0);
    });
}

#[test]
fn components_that_call_each_other_share_the_clock() {
    let slow = text("").delay(Duration::from_secs(5));
    let mocks = Mocks::new().expect(get("/none"), slow);
    let app = TestApp::application(two_components(Limits::default())).mocks(&mocks);
    let asked = ask("/", &["http://back.spin.internal/rest", "/none"]);
    let (response, passed) = virtually(app.request(asked));
    let got = body(response);
    assert!(!got.contains("\"error\""), "{got}");
    assert_seconds(passed, 15.0);
}

#[test]
fn a_recording_has_the_times_of_the_paused_clock() {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let recording = Recording::new(move |exchange| sink.lock().unwrap().push(exchange));
    let builder = || {
        builder(Limits::default())
            .record(&recording)
            .record_inbound(&recording)
    };
    let guests = [
        wire_probe_in(builder(), &["api.test"]),
        SPIN_SDK_5.guest_in(builder(), &["api.test"]),
        SPIN_SDK_7.guest_in(builder(), &["api.test"]),
    ];
    check_rows(guests, |guest| {
        let slow = bytes(vec![b'a'; 100])
            .delay(Duration::from_secs(15))
            .bytes_per_second(10);
        let mocks = Mocks::new().expect(any().times(2), slow);
        let app = mocked(guest, &mocks);
        let (response, _) = virtually(app.request(ask("/", &[URL, URL])));
        response.unwrap();
        let recorded = std::mem::take(&mut *exchanges.lock().unwrap());
        let [first, second, inbound] = &recorded[..] else {
            panic!("{recorded:?}");
        };
        for outbound in [first, second] {
            assert_seconds(outbound.timings.wait, 15.0);
            assert_seconds(outbound.timings.receive, 10.0);
        }
        assert_seconds(second.started.duration_since(first.started).unwrap(), 25.0);
        assert_eq!(inbound.direction, Direction::Inbound);
        assert_seconds(inbound.timings.total(), 50.0);
        let before_first = first.started.duration_since(inbound.started).unwrap();
        assert_seconds(before_first, 0.0);
    });
}

#[test]
fn a_call_that_would_go_to_the_network_is_refused() {
    let guest = SPIN_SDK_5.guest(&["127.0.0.1:1"]);
    let (response, passed) = virtually(guest.handle(ask("/", &["http://127.0.0.1:1/"])));
    let got = body(response);
    assert!(got.contains("while time is virtual"), "{got}");
    assert_seconds(passed, 0.0);
    let really = handle(&guest, ask("/", &["http://127.0.0.1:1/"]));
    let got = body(really);
    assert!(got.contains("ConnectionRefused"), "{got}");
}
