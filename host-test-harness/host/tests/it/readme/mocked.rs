use super::built;
use spin_harness::TestApp;
use spin_harness::mocks::{Mocks, get, status};

#[tokio::test]
async fn the_status_of_the_upstream_is_shown() {
    let mocks = Mocks::new().expect(get("https://postman-echo.com/get"), status(503));
    let app = TestApp::manifest(built("spin.toml")).unwrap().mocks(&mocks);
    let response = app.get("/get").await.unwrap();
    let want = "GET https://postman-echo.com/get\nStatus: 503\nContent-Type: none\n";
    assert_eq!(response.body(), want);
}
