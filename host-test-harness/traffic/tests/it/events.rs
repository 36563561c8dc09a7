//! The stream of changes.

use serde_json::Value;

use crate::support::serve_any;

fn has_ended(data: &Value, path: &str) -> bool {
    let requests = data["requests"].as_array();
    requests.is_some_and(|requests| {
        requests.iter().any(|request| {
            let url = request["url"].as_str().unwrap();
            url.ends_with(path) && request["is_running"] == false
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_after_the_last_event() {
    let served = serve_any().await;
    served.application.get("/echo?1").await.unwrap();
    let first = served.events(None, |data| has_ended(data, "/echo?1")).await;
    assert_eq!(first[0].1, serde_json::json!({}), "the start of a list");
    let (last_id, _) = first.last().unwrap();

    served.application.get("/echo?2").await.unwrap();
    let resumed = served
        .events(Some(last_id), |data| has_ended(data, "/echo?2"))
        .await;
    let n_requests: usize = resumed
        .iter()
        .map(|(_, data)| data["requests"].as_array().unwrap().len())
        .sum();
    assert_eq!(n_requests, 1, "{resumed:?}");

    // Of another run, or of nobody: everything from the start.
    for other in ["traffic-other-1", "1", ""] {
        let whole = served
            .events(Some(other), |data| has_ended(data, "/echo?1"))
            .await;
        assert_eq!(whole[0].1, serde_json::json!({}), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_the_number_of_the_one_that_led_to_it_and_the_entry_to_add() {
    let served = serve_any().await;
    served
        .call(&["http://back.spin.internal/echo", "https://denied.test/x"])
        .await;
    // The back calls itself, which nothing permits.
    let relay =
        serde_json::json!([{ "method": "GET", "uri": "http://back.spin.internal/call-self" }]);
    let request = http::Request::post("/").body(relay.to_string()).unwrap();
    served.application.handle(request).await.unwrap();
    let requests = served.requests().await;
    let calls = requests[0]["calls"].as_array().unwrap();
    assert_eq!(calls[0]["via"]["component"], "back");
    assert_eq!(calls[0]["rule"], "http://back.spin.internal");
    assert_eq!(calls[1]["entry_to_add"], "https://denied.test");
    assert_eq!(calls[1]["status"], Value::Null);
    let nested = requests[1]["calls"].as_array().unwrap();
    let by = |component: &str| nested.iter().find(|call| call["component"] == component);
    let (outer, inner) = (by("front").unwrap(), by("back").unwrap());
    assert_eq!(outer["parent"], Value::Null);
    assert_eq!(inner["parent"], outer["id"]);
    assert_eq!(inner["entry_to_add"], "http://self");
}
