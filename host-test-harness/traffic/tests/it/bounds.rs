//! How much is kept.

use harness_traffic::{Bounds, Traffic};
use serde_json::Value;

use crate::support::serve;

fn sizes(list: &Value) -> (u64, u64) {
    let number = |name: &str| list[name].as_u64().unwrap();
    (number("kept"), number("left"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_requests_leave_when_there_are_too_many() {
    let bounds = Bounds {
        requests: 3,
        ..Bounds::default()
    };
    let served = serve(Traffic::new(bounds), "https://api.test").await;
    for n in 0..5 {
        served.application.get(format!("/echo?{n}")).await.unwrap();
    }
    let urls: Vec<_> = served
        .requests()
        .await
        .iter()
        .map(|request| request["url"].as_str().unwrap().to_owned())
        .collect();
    let want = ["/echo?2", "/echo?3", "/echo?4"];
    assert!(
        urls.len() == 3 && urls.iter().zip(want).all(|(url, want)| url.ends_with(want)),
        "{urls:?}"
    );
    let events = served.events(None, |data| data["kept"].is_u64()).await;
    let (_, list) = events.last().unwrap();
    assert_eq!(sizes(list), (3, 2));
    assert_eq!(list["most_requests"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_requests_leave_when_their_bodies_take_too_much() {
    let bounds = Bounds {
        bytes: 100_000,
        ..Bounds::default()
    };
    let served = serve(Traffic::new(bounds), "https://api.test").await;
    for _ in 0..4 {
        served.application.get("/body?40000").await.unwrap();
    }
    let events = served.events(None, |data| data["kept"].is_u64()).await;
    let (_, list) = events.last().unwrap();
    assert_eq!(sizes(list), (2, 2));
    assert!(list["bytes"].as_u64().unwrap() <= 100_000, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_bytes_of_a_large_body_are_kept_and_the_rest_is_counted() {
    let bounds = Bounds {
        body_bytes: 10,
        ..Bounds::default()
    };
    let served = serve(Traffic::new(bounds), "https://api.test").await;
    for path in ["/body?10", "/body?11"] {
        served.application.get(path).await.unwrap();
    }
    let requests = served.requests().await;
    for (request, (size, end)) in requests.iter().zip([(10, "complete"), (11, "too-large")]) {
        assert_eq!(request["response_bytes"], size);
        let id = &request["id"];
        let details = served.get(&format!("requests/{id}")).await.json();
        let body = &details["inbound"]["response"]["body"];
        assert_eq!(body["size"], size);
        assert_eq!((&body["kept"], &body["end"]), (&10.into(), &end.into()));
        let bytes = served.get(&format!("requests/{id}/inbound/response")).await;
        assert_eq!(bytes.body, "x".repeat(10));
    }
}
