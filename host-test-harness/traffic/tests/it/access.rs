//! Who gets the traffic, and who does not.

use harness_traffic::{BindError, Page};

use crate::support::serve_any;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_itself_gets_the_traffic() {
    let served = serve_any().await;
    let (page, cookie) = served.enter().await;
    let (host, port, token) = (served.address, served.address.port(), &served.token);
    let other_token = "A".repeat(token.len());
    let other_cookie = cookie.replace(&**token, &other_token);
    let longer = format!("{cookie}A");
    let rows = [
        // What the page and its user send.
        (format!("GET /?token={token} HTTP/1.1"), 303),
        (format!("GET {page} HTTP/1.1\r\ncookie: {cookie}"), 200),
        (format!("GET {page} HTTP/1.1\r\ncookie: a=b; {cookie}"), 200),
        (
            format!("GET {page}permissions HTTP/1.1\r\ncookie: {cookie}\r\norigin: http://{host}"),
            200,
        ),
        (
            format!("GET {page} HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookie}"),
            200,
        ),
        (
            format!("GET {page}nothing HTTP/1.1\r\ncookie: {cookie}"),
            404,
        ),
        // Without the token, or with another one.
        ("GET / HTTP/1.1".to_owned(), 403),
        ("GET /?token= HTTP/1.1".to_owned(), 403),
        (format!("GET /?token={other_token} HTTP/1.1"), 403),
        (format!("GET / HTTP/1.1\r\ncookie: {cookie}"), 403),
        (format!("GET {page} HTTP/1.1"), 403),
        (
            format!("GET {page} HTTP/1.1\r\ncookie: {other_cookie}"),
            403,
        ),
        (format!("GET {page} HTTP/1.1\r\ncookie: {longer}"), 403),
        (format!("GET {page}events HTTP/1.1"), 403),
        (format!("GET {page}har HTTP/1.1"), 403),
        (format!("POST {page}send HTTP/1.1"), 403),
        (format!("GET /traffic-x/ HTTP/1.1\r\ncookie: {cookie}"), 403),
        // A name that somebody has pointed here (DNS rebinding).
        (
            format!("GET {page} HTTP/1.1\r\nhost: evil.test:{port}\r\ncookie: {cookie}"),
            403,
        ),
        (
            format!("GET {page} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}"),
            403,
        ),
        (
            format!("GET {page} HTTP/1.1\r\nhost: 127.0.0.1:{port}.evil.test\r\ncookie: {cookie}"),
            403,
        ),
        (
            format!("GET {page} HTTP/1.1\r\nhost: {host}\r\nhost: {host}\r\ncookie: {cookie}"),
            403,
        ),
        // A page of another origin.
        (
            format!("GET {page} HTTP/1.1\r\ncookie: {cookie}\r\norigin: https://evil.test"),
            403,
        ),
        (
            format!("GET {page} HTTP/1.1\r\ncookie: {cookie}\r\norigin: null"),
            403,
        ),
        (
            format!("GET {page} HTTP/1.1\r\ncookie: {cookie}\r\norigin: http://127.0.0.1:1"),
            403,
        ),
        (
            format!("POST {page}send HTTP/1.1\r\ncookie: {cookie}\r\norigin: https://evil.test"),
            403,
        ),
        // A form cannot send JSON.
        (
            format!("POST {page}send HTTP/1.1\r\ncookie: {cookie}\r\ncontent-type: text/plain"),
            415,
        ),
    ];
    let mut wrong = Vec::new();
    for (head, want) in rows {
        let response = served.send(&head, "").await;
        if response.status != want {
            wrong.push((head, want, response.status));
        }
        assert_eq!(response.field("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.field("access-control-allow-origin"), None);
        let policy = response.field("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let others = policy.replace("'wasm-unsafe-eval'", "");
        assert!(!others.contains("unsafe"), "{policy}");
    }
    assert!(wrong.is_empty(), "head, want, got: {wrong:#?}");
}

#[tokio::test]
async fn an_address_that_other_machines_reach_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let error = Page::bind(address.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, BindError::NotLoopback(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(address) && text.contains("127.0.0.1:"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_left_out_until_they_are_asked_for() {
    let served = serve_any().await;
    served.call(&[]).await;
    let id = served.requests().await[0]["id"].to_string();
    let hidden = served.get(&format!("requests/{id}")).await;
    assert!(!hidden.body.contains("s3cret"), "{}", hidden.body);
    assert!(hidden.body.contains("authorization"), "{}", hidden.body);
    let shown = served.get(&format!("requests/{id}?secrets")).await;
    assert!(shown.body.contains("Bearer s3cret"), "{}", shown.body);
    let path = "search?since=0&word=AUTHORIZATION&word=s3cret&word=Bearer&word=no-such-word";
    let found = served.get(path).await.json();
    let number: u64 = id.parse().unwrap();
    let want = serde_json::json!([[number], [], [], []]);
    assert_eq!(found["requests"], want, "{found}");
    let har = served.get("har").await;
    assert!(!har.body.contains("s3cret"), "{}", har.body);
    assert_eq!(served.get("requests/1").await.status, 404);
}
