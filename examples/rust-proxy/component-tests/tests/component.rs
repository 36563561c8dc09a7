//! The built component, in memory, with a mock in place of its upstream.

use spin_harness::http::Request;
use spin_harness::mocks::{Mocks, any, post, text};
use spin_harness::{TestApp, TransportError};

#[tokio::test]
async fn the_clients_connection_stays_behind_and_the_response_comes_back() {
    for (way, body) in [("as-is", "body"), ("copy", "body"), ("upper", "BODY")] {
        let mocks = Mocks::new().expect(
            post("https://postman-echo.com/v1?q=1")
                .header("x-a", "1")
                .without_header("spin-client-addr")
                .text("ping"),
            text("body")
                .header("content-length", "4")
                .header("x-a", "1")
                .header("x-a", "2"),
        );
        let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
        let request = Request::post(format!("/{way}/v1?q=1"))
            .header("host", "client.test")
            .header("x-a", "1")
            .body("ping")
            .unwrap();
        let response = app.request(request).await.unwrap();
        assert_eq!(response.body(), body, "{way}");
        assert_eq!(response.headers()["content-length"], "4", "{way}");
        assert_eq!(response.headers().get_all("x-a").iter().count(), 2, "{way}");
    }
}

#[tokio::test]
async fn an_upstream_that_does_not_respond_is_a_502() {
    let mocks = Mocks::new().expect(any(), TransportError::Refused);
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    assert_eq!(app.get("/as-is/v1").await.unwrap().status(), 502);
}
