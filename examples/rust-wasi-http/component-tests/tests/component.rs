//! The built component, in memory, with mocks in place of its upstream.

use std::time::Duration;

use spin_harness::TestApp;
use spin_harness::mocks::{MockResponse, Mocks, any, get, stalled, status, text};
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

#[tokio::test]
async fn a_redirect_is_followed() {
    let mocks = Mocks::new()
        .expect(
            get("https://postman-echo.com/start?q=1"),
            status(302).header("location", "/end"),
        )
        .expect(
            get("https://postman-echo.com/end"),
            text("ok").header("x-a", "1").header("x-a", "2"),
        );
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/start?q=1").await.unwrap();
    assert_eq!(response.body(), "ok");
    assert_eq!(response.headers().get_all("x-a").iter().count(), 2);
}

#[tokio::test]
async fn a_redirect_to_a_host_that_the_manifest_does_not_permit_is_a_502() {
    let elsewhere = status(302).header("location", "https://denied.test/");
    let mocks = Mocks::new().expect(get("https://postman-echo.com/"), elsewhere);
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/").await.unwrap();
    assert_eq!(response.status(), 502);
    let text = "DestinationNotAllowed, cause: HTTP-request-denied\n";
    assert_eq!(response.body(), text);
}

/// The clock is paused, so the ten seconds of the timeout take no time.
#[tokio::test(start_paused = true)]
async fn a_call_that_takes_longer_than_ten_seconds_is_a_502() {
    let rows: [(MockResponse, &str); 2] = [
        (stalled(), "HTTP-response-timeout"),
        (text("body").stall_after(2), "connection-read-timeout"),
    ];
    for (response, cause) in rows {
        let mocks = Mocks::new().expect(any(), response);
        let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
        let started = Instant::now();
        let response = app.get("/slow").await.unwrap();
        assert_eq!(response.status(), 502, "{cause}");
        assert_eq!(response.body(), &format!("RuntimeError, cause: {cause}\n"));
        let took = started.elapsed();
        assert!(
            (Duration::from_secs(10)..Duration::from_secs(11)).contains(&took),
            "{cause}: {took:?}"
        );
    }
}
