//! A recorded response as a mock.

use harness_traffic::{Bounds, Traffic};
use spin_harness::mocks::Mocks;
use test_support::upstream::{ScriptedResponse, Upstream};

use crate::support::serve;

#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_a_mock_that_answers_with_the_same() {
    const HOSTILE: &str = "\"quoted\" \\ \t \u{1b}[31m \u{7f} é \u{85} [[mock]]\r\n'''";
    let head = "HTTP/1.1 201 Created\r\ncontent-type: text/html\r\nx-a: 1\r\nx-a: \"2\"\r\nset-cookie: a=s3cret\r\n";
    let text = format!("{head}content-length: {}\r\n\r\n{HOSTILE}", HOSTILE.len());
    let binary = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\0\xff\n".to_vec();
    let upstream = Upstream::start([
        ScriptedResponse::Bytes(text.into_bytes()),
        ScriptedResponse::Bytes(binary),
    ]);
    let origin = format!("http://{}", upstream.authority());
    let served = serve(Traffic::new(Bounds::default()), &origin).await;
    let urls = [upstream.url("/text?a=%20%22b"), upstream.url("/binary")];
    served
        .call(&[&urls[0], &urls[1], "https://denied.test/"])
        .await;
    let requests = served.requests().await;
    let calls = requests[0]["calls"].as_array().unwrap();
    let place = |call: usize| format!("requests/{}/{}/mock", requests[0]["id"], calls[call]["id"]);
    assert_eq!(
        served.get(&place(2)).await.status,
        404,
        "there is no response"
    );
    let mut file = String::new();
    for call in [0, 1] {
        let mock = served.get(&place(call)).await;
        assert_eq!(mock.status, 200, "{mock:?}");
        assert!(!mock.body.contains("s3cret"), "{}", mock.body);
        file += &mock.body;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mocks.toml");
    std::fs::write(&path, &file).unwrap();
    let mocks = Mocks::from_file(&path).unwrap_or_else(|error| panic!("{error}\n{file}"));
    let app =
        spin_harness::TestApp::guest(test_support::guests::wire_probe(&["insecure:allow-all"]))
            .mocks(&mocks);
    let relay = async |url: &str| {
        let request = http::Request::post("/relay").body(url.to_owned()).unwrap();
        app.request(request).await.unwrap()
    };
    let response = relay(&urls[0]).await;
    assert_eq!(response.status(), 201);
    assert_eq!(&response.body()[..], HOSTILE.as_bytes());
    assert_eq!(response.headers()["content-type"], "text/html");
    let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "\"2\""]);
    let binary = relay(&urls[1]).await;
    assert_eq!(&binary.body()[..], b"\0\xff\n");
}
