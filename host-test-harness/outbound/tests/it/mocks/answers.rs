//! What a guest gets from a mock: statuses, header fields, bodies, trailers, sequences, states and templates.

use std::time::{Duration, Instant};

use bytes::Bytes;
use harness_outbound::mocks::{
    MockResponse, any, bytes, get, json, pieces, post, respond_with, status, text,
    too_many_requests,
};
use harness_outbound::{Body, CallTimeouts, TransportError, Via};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{block_on, call, guest, mocks, none_is_wrong};

const URL: &str = "https://api.test/a";

fn shown(response: &Response<Vec<u8>>) -> String {
    let headers: Vec<String> = response
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    format!(
        "{} [{}] {}",
        response.status().as_u16(),
        headers.join(", "),
        String::from_utf8_lossy(response.body())
    )
}

#[test]
fn a_guest_gets_the_response_of_the_mock_and_nothing_else() {
    let rows: Vec<(&str, MockResponse, &str)> = vec![
        (
            "json",
            json(&json!({"price": 3})),
            "200 [content-type: application/json] {\"price\":3}",
        ),
        (
            "text",
            text("hällo").status(201),
            "201 [content-type: text/plain; charset=utf-8] hällo",
        ),
        ("bytes", bytes("abc"), "200 [] abc"),
        ("status", status(418), "418 [] "),
        (
            "headers",
            bytes("")
                .header("set-cookie", "a=1")
                .header("set-cookie", "b=2")
                .header("x-a", ""),
            "200 [set-cookie: a=1, set-cookie: b=2, x-a: ] ",
        ),
        (
            "exact headers",
            text("a").headers([("x-a", "1")]),
            "200 [x-a: 1] a",
        ),
        (
            "pieces",
            pieces([(Duration::ZERO, "a"), (Duration::from_millis(5), "b")]),
            "200 [] ab",
        ),
        (
            "retry-after",
            too_many_requests(Duration::from_secs(30)),
            "429 [retry-after: 30] ",
        ),
        (
            "no content",
            text("lost").status(204).headers([("x-a", "1")]),
            "204 [x-a: 1] ",
        ),
        (
            "slow pieces",
            pieces([(Duration::ZERO, "abc"), (Duration::from_millis(5), "d")])
                .bytes_per_second(200),
            "200 [] abcd",
        ),
        (
            "slow",
            bytes("abcdefgh").bytes_per_second(200),
            "200 [] abcdefgh",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, response, want) in rows {
        let mocks = mocks().expect(any(), response);
        let got = shown(&guest(&mocks).send(call("GET", URL)).unwrap());
        if got != want {
            wrong.push(format!("{name}\n  got  {got}\n  want {want}"));
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn a_function_answers_the_request_with_all_that_a_mock_can_do() {
    let mocks = mocks().expect(
        any(),
        respond_with(|request| match request.url.path() {
            "/a" => text(request.method.as_str()),
            "/cut" => text("abc").cut_after(1),
            _ => text("").fails_sometimes(1.0, [TransportError::Refused]),
        }),
    );
    let guest = guest(&mocks);
    let paths = ["a", "cut", "refused"];
    let got = paths.map(|path| guest.text(call("GET", &format!("https://api.test/{path}"))));
    assert_eq!(
        got,
        ["GET", "the response is incomplete", "connection refused"]
    );
}

#[test]
fn the_response_to_head_has_no_body() {
    let mocks = mocks().expect(any(), text("a"));
    let got = guest(&mocks).send(call("HEAD", URL)).unwrap();
    assert_eq!(
        shown(&got),
        "200 [content-type: text/plain; charset=utf-8] "
    );
}

#[test]
fn a_delay_passes_before_the_response() {
    let delay = Duration::from_millis(60);
    let mocks = mocks().expect(any(), text("a").delay(delay));
    let started = Instant::now();
    assert_eq!(guest(&mocks).text(call("GET", URL)), "a");
    assert!(started.elapsed() >= delay, "{:?}", started.elapsed());
}

#[test]
fn a_slow_body_takes_its_time() {
    let mocks = mocks().expect(any(), bytes(vec![b'a'; 30]).bytes_per_second(300));
    let started = Instant::now();
    assert_eq!(guest(&mocks).text(call("GET", URL)).len(), 30);
    let passed = started.elapsed();
    assert!(passed >= Duration::from_millis(90), "{passed:?}");
}

#[test]
fn a_slow_body_of_megabytes_begins_at_once() {
    let mocks = mocks().expect(any(), bytes(vec![b'a'; 32 << 20]).bytes_per_second(100));
    let guest = guest(&mocks);
    let started = Instant::now();
    let first = block_on(async {
        let request = Request::get(URL).body(Body::from(Bytes::new())).unwrap();
        let sent = guest
            .calls
            .send_streaming(request, CallTimeouts::default(), |_| "failed");
        let mut body = sent.await.unwrap().into_body();
        body.frame().await.unwrap().unwrap().into_data().unwrap()
    });
    assert_eq!(first, "aaaaa");
    let passed = started.elapsed();
    assert!(passed < Duration::from_secs(5), "{passed:?}");
}

#[test]
fn trailers_reach_a_guest_that_streams() {
    let mocks = mocks().expect(any(), text("a").trailer("x-sum", "1"));
    let guest = guest(&mocks);
    let (body, trailers) = block_on(async {
        let request = Request::get(URL).body(Body::from(Bytes::new())).unwrap();
        let sent = guest
            .calls
            .send_streaming(request, CallTimeouts::default(), |_| "failed");
        let collected = sent.await.unwrap().into_body().collect().await.unwrap();
        let trailers = collected.trailers().cloned();
        (collected.to_bytes(), trailers)
    });
    assert_eq!(body, "a");
    assert_eq!(trailers.unwrap().get("x-sum").unwrap(), "1");
}

#[test]
fn responses_follow_one_another_and_the_last_one_stays() {
    let mocks = mocks().expect(any(), [status(503), text("a"), text("b")]);
    let guest = guest(&mocks);
    let got = [0; 4].map(|_| shown(&guest.send(call("GET", URL)).unwrap()));
    let got = got.map(|text| text.chars().rfind(|c| !c.is_whitespace()).unwrap());
    assert_eq!(got, [']', 'a', 'b', 'b']);
}

#[test]
fn the_greatest_priority_answers_and_then_the_first_that_may() {
    let mocks = mocks()
        .expect(any().priority(-1), text("rest"))
        .expect(get(URL).times(1), text("first"))
        .expect(get(URL).times(1), text("second"))
        .expect(get("https://api.test/b").priority(1), text("b"))
        .expect(get("https://api.test/b"), text("never"));
    let guest = guest(&mocks);
    let got: Vec<String> = [URL, URL, URL, "https://api.test/b"]
        .map(|url| guest.text(call("GET", url)))
        .to_vec();
    assert_eq!(got, ["first", "second", "rest", "b"]);
}

#[test]
fn a_mock_answers_in_its_state_and_sets_the_next_one() {
    let cart = "https://api.test/cart";
    let mocks = mocks()
        .in_state("empty")
        .expect(get(cart).when_state("empty"), text("nothing"))
        .expect(post(cart).then_state("full"), status(201))
        .expect(get(cart).when_state("full"), text("a book"));
    let guest = guest(&mocks);
    let got = ["GET", "POST", "GET"].map(|method| guest.text(call(method, cart)));
    assert_eq!(got, ["nothing", "", "a book"]);
    assert_eq!(mocks.state(), "full");
}

#[test]
fn a_template_reads_the_request() {
    let rows: Vec<(&str, MockResponse, &str)> = vec![
        (
            "text",
            text("{{ request.method }} {{ request.path }} {{ request.query.sku }} {{ call }}"),
            "POST /a/b 7 1",
        ),
        (
            "segments and headers",
            text("{{ request.segments[1] }} {{ request.headers['x-id'] }} {{ request.host }}"),
            "b 9 api.test",
        ),
        (
            "json keeps types and quotes texts",
            json(
                &json!({"n": "{{ request.json.n }}", "s": "x {{ request.json.s }}", "list": ["{{ call }}"]}),
            ),
            r#"{"list":[1],"n":{"a":1},"s":"x \"q\""}"#,
        ),
        (
            "a name without a value",
            text("{{ request.query.skuu }}"),
            "the template `{{ request.query.skuu }}` failed: undefined value",
        ),
        (
            "a JSON value without a value",
            json(&json!("{{ request.json.m }}")),
            "the template `{{ request.json.m }}` has no value for this request",
        ),
        (
            "an endless loop",
            text("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"),
            "the template `{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}` takes more \
             than 1000000 steps",
        ),
        (
            "a huge text",
            text("{{ 'abcdefgh' * 99999999 }}"),
            "the template `{{ 'abcdefgh' * 99999999 }}` takes more than 1000000 steps",
        ),
        (
            "a huge indent",
            text("{{ 'x\nx'|indent(99999999999) }}"),
            "the template `{{ 'x\nx'|indent(99999999999) }}` takes more than 1000000 steps",
        ),
        (
            "a huge replacement",
            text("{{ ('a' * 100000)|replace('a', 'a' * 100000) }}"),
            "the template `{{ ('a' * 100000)|replace('a', 'a' * 100000) }}` takes more than 1000000 steps",
        ),
        (
            "a huge width",
            text("{{ '%9999999999d'|format(1) }}"),
            "the template `{{ '%9999999999d'|format(1) }}` takes more than 1000000 steps",
        ),
        (
            "a huge JSON value",
            json(&json!("{{ 'abcdefgh' * 99999999 }}")),
            "the template `{{ 'abcdefgh' * 99999999 }}` takes more than 1000000 steps",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, response, want) in rows {
        let mocks = mocks().expect(any(), response.template());
        let asked = call("POST", "https://api.test/a/b?sku=7")
            .header("x-id", "9")
            .body(r#"{"n":{"a":1},"s":"\"q\""}"#);
        let got = guest(&mocks).text(asked);
        if !got.starts_with(want) {
            wrong.push(format!("{name}\n  got  {got}\n  want {want}"));
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn a_template_of_a_header_cannot_split_the_response() {
    let response = status(302)
        .header("location", "{{ request.query.to }}")
        .template();
    let mocks = mocks().expect(any(), response);
    let got = guest(&mocks).text(call("GET", "https://api.test/a?to=/b%0d%0ax-a:1"));
    assert!(got.contains("control character"), "{got}");
}

#[test]
fn the_test_sees_what_arrived_and_each_hop_is_a_request() {
    let mocks = mocks()
        .expect(post(URL).named("old"), status(307).header("location", "/b"))
        .expect(post("https://api.test/b"), text("moved"));
    let guest = guest(&mocks);
    let asked = call("POST", URL)
        .header("authorization", "Bearer t")
        .body(r#"{"sku":7}"#);
    assert_eq!(guest.text(asked), "moved");
    let [first, second] = mocks.received().try_into().expect("two requests");
    assert_eq!((first.hop, second.hop), (0, 1));
    assert_eq!(first.header("authorization"), Some("Bearer t"));
    assert_eq!(second.url.as_str(), "https://api.test/b");
    assert_eq!(
        second.json::<serde_json::Value>().unwrap(),
        json!({"sku": 7})
    );
    assert_eq!(first.mock.as_deref(), Some("old"));
    let exchanges = guest.exchanges.lock().unwrap();
    let via: Vec<_> = exchanges
        .iter()
        .map(|exchange| exchange.via.clone())
        .collect();
    let named = |name: &str| {
        Some(Via::Mock {
            name: name.to_owned(),
        })
    };
    assert_eq!(via, [named("old"), named("POST https://api.test/b")]);
}

#[test]
fn a_redirect_is_denied_whatever_is_mocked() {
    let mocks = mocks()
        .expect(
            get(URL),
            status(302).header("location", "https://other.test/"),
        )
        .expect(get("https://other.test/"), text("never"));
    let got = guest(&mocks).text(call("GET", URL));
    assert!(got.contains("other.test") && got.contains("add"), "{got}");
}
