//! Both components, in memory. A mock takes the place of the upstream, or of one of the components.

use spin_harness::TestApp;
use spin_harness::mocks::{Mocks, get, text};

#[tokio::test]
async fn the_components_call_each_other_and_the_upstream() {
    let mocks = Mocks::new().expect(get("https://postman-echo.com/get"), text("news"));
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/").await.unwrap();
    assert_eq!(
        response.body(),
        "back says: Hello, front\noutside says: news\n"
    );
}

#[tokio::test]
async fn a_mock_takes_the_place_of_a_component() {
    let mocks = Mocks::new()
        .expect(get("http://back.spin.internal/greeting"), text("Good day"))
        .expect(get("https://postman-echo.com/get"), text("news"));
    let app = TestApp::manifest("../spin.toml").unwrap().mocks(&mocks);
    let response = app.get("/").await.unwrap();
    assert_eq!(response.body(), "back says: Good day\noutside says: news\n");
}
