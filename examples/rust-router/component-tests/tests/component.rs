//! The built component, in memory. It makes no outbound calls, so it needs no mocks.

use spin_harness::TestApp;

#[tokio::test]
async fn every_route_has_its_response() {
    let app = TestApp::manifest("../spin.toml").unwrap();
    for (path, status, body) in [
        ("/", 200, "Home\n"),
        ("/items/7", 200, "Item 7\n"),
        ("/files/a/b.txt", 200, "File a/b.txt\n"),
        ("/other", 404, "Nothing is here\n"),
    ] {
        let response = app.get(path).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.body(), body, "{path}");
    }
}
