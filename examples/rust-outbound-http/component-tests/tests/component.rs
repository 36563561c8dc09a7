//! The built component, in memory, with mocks in place of its upstream.

use spin_harness::mocks::{Mocks, post, status, text};
use spin_harness::{TestApp, TransportError, mocks};

#[tokio::test]
async fn post_sends_json() {
    let mocks = Mocks::new().expect(
        post("https://postman-echo.com/post")
            .header("content-type", "application/json")
            .text(r#"{"message":"Hello from a component"}"#),
        text("created").status(201),
    );
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/post").await.unwrap();
    let want = "POST https://postman-echo.com/post\nStatus: 201\nBody: created\n";
    assert_eq!(response.body(), want);
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_a_500() {
    let upstream = mocks::get("https://postman-echo.com/get");
    let mocks = Mocks::new().expect(upstream, [TransportError::Refused.into(), status(503)]);
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    assert_eq!(app.get("/get").await.unwrap().status(), 500);
    let response = app.get("/get").await.unwrap();
    let want = "GET https://postman-echo.com/get\nStatus: 503\nContent-Type: none\n";
    assert_eq!(response.body(), want);
}

#[tokio::test]
async fn a_call_that_the_manifest_does_not_permit_reaches_no_mock() {
    let mocks = Mocks::new().expect(mocks::any().host("denied.test").times(0), status(200));
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/denied").await.unwrap();
    let text = std::str::from_utf8(response.body()).unwrap();
    assert!(text.contains("https://denied.test"), "{text}");
}
