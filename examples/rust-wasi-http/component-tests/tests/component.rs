//! The built component, in memory, with mocks in place of its upstream.

use std::time::Duration;

use spin_harness::TestApp;
use spin_harness::mocks::{Mocks, get, stalled, status};
use tokio::time::Instant;

#[tokio::test]
async fn both_calls_are_made() {
    let mocks = Mocks::new()
        .expect(get("https://postman-echo.com/a"), status(200))
        .expect(get("https://postman-echo.com/b"), status(404));
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/both").await.unwrap();
    assert_eq!(response.body(), "200 OK\n404 Not Found\n");
}

/// The clock is paused, so the ten seconds of the timeout take no time.
#[tokio::test(start_paused = true)]
async fn an_upstream_that_never_answers_is_a_502_after_ten_seconds() {
    let mocks = Mocks::new().expect(get("https://postman-echo.com/slow"), stalled());
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let started = Instant::now();
    let response = app.get("/slow").await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(
        response.body(),
        "RuntimeError, cause: HTTP-response-timeout\n"
    );
    let took = started.elapsed();
    assert!(
        (Duration::from_secs(10)..Duration::from_secs(11)).contains(&took),
        "{took:?}"
    );
}
