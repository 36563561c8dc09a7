//! What is not expected fails, and a test is told why.

use std::convert::Infallible;
use std::future::ready;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use harness_outbound::mocks::{Mocks, Times, Unmatched, any, get, post, text};
use harness_outbound::{BodyError, CallLimits, CallTimeouts, OutboundError, SelfCalls};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use outbound_policy::{AllowList, Origin};
use serde_json::json;

use super::{block_on, call, guest, guest_with, guest_within, mocks, none_is_wrong};

const URL: &str = "https://api.test/a";

#[test]
fn an_unmatched_call_fails_and_names_the_nearest_mock() {
    let order = "https://api.test/order";
    let mocks = mocks()
        .expect(get("https://eu.api.test/order"), text(""))
        .expect(
            post(order).json(&json!({"sku": 7})).named("order"),
            text(""),
        )
        .expect(get(order).times(1).named("list"), text("[]"));
    let guest = guest(&mocks);
    let rows = [
        (
            call("POST", order).body("{\"sku\":8}"),
            "no mock matches POST https://api.test/order: the nearest of 3 is `order`, but json /sku: got 8, want 7",
        ),
        (call("GET", order), "[]"),
        (
            call("GET", order),
            "no mock matches GET https://api.test/order: the nearest of 3 is `list`, but calls: got 2, want 1",
        ),
        (
            call("GET", "https://eu.api.test/orders"),
            "no mock matches GET https://eu.api.test/orders: the nearest of 3 is \
             `GET https://eu.api.test/order`, but path: got \"/orders\", want \"/order\"",
        ),
    ];
    let mut wrong = Vec::new();
    for (asked, want) in rows {
        let got = guest.text(asked);
        if got != want {
            wrong.push(format!("got  {got}\nwant {want}"));
        }
    }
    none_is_wrong(&wrong);
    assert!(matches!(
        guest.send(call("GET", URL)),
        Err(OutboundError::Mock(_))
    ));
}

#[test]
fn the_error_of_a_huge_body_is_short_and_the_nearest_mock_is_of_the_same_url() {
    let list = |item: u32| json!({"items": vec![item; 500_000]});
    let mocks = mocks()
        .expect(get("https://eu.api.test/"), text(""))
        .expect(post(URL).json(&list(1)).named("order"), text(""));
    let asked = call("POST", URL).body(list(0).to_string());
    let started = Instant::now();
    let got = guest(&mocks).text(asked);
    let passed = started.elapsed();
    let want = "no mock matches POST https://api.test/a: the nearest of 2 is `order`, but \
                json /items/0: got 0, want 1; json /items/1: got 0, want 1; ";
    assert!(got.starts_with(want), "{got}");
    assert!(
        got.ends_with("json /items/9: got 0, want 1; and more"),
        "{got}"
    );
    assert!(passed < Duration::from_secs(10), "{passed:?}");
}

#[test]
fn a_long_value_is_shown_by_its_start_and_length() {
    let long = "é".repeat(1000);
    let rows = [
        (
            post(URL).json(&json!({"a": 1})),
            json!({"a": [&*long]}).to_string(),
            format!("json /a: got [\"{}… (2004 bytes), want 1", "é".repeat(198)),
        ),
        (
            post(URL).json(&json!({&*long: 1})),
            json!({&*long: 2}).to_string(),
            format!("json /{}… (2001 bytes): got 2, want 1", "é".repeat(199)),
        ),
        (
            post(URL).text("a"),
            long.clone(),
            format!("body: got \"{}… (2002 bytes), want \"a\"", "é".repeat(199)),
        ),
    ];
    let mut wrong = Vec::new();
    for (expectation, body, want) in rows {
        let mocks = mocks().expect(expectation, text(""));
        let got = guest(&mocks).text(call("POST", URL).body(body));
        if !got.ends_with(&want) {
            wrong.push(format!("got  {got}\nwant {want}"));
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn a_mock_of_an_application_with_an_origin_of_its_own_names_that_origin() {
    let mocks = mocks()
        .expect(get("http://localhost:8080/own"), text("origin"))
        .expect(get("/own"), text("self"));
    let origin = Origin::parse("http://localhost:8080").unwrap();
    let guest = guest_with(&mocks, |caller| {
        caller.self_calls = Some(SelfCalls::Origin(origin));
        caller.allow_list =
            AllowList::from_allowed_outbound_hosts(["http://self"], |_| None).unwrap();
    });
    assert_eq!(guest.text(call("GET", "/own")), "origin");
    let exchanges = guest.exchanges.lock().unwrap();
    assert_eq!(exchanges[0].url, mocks.received()[0].url.as_str());
}

#[test]
fn the_trailers_of_a_request_go_to_the_network_with_its_body() {
    let mocks = mocks()
        .unmatched(Unmatched::Network)
        .expect(post(URL).text("mocked"), text(""));
    let guest = guest(&mocks);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("1"));
    let body = Full::new(Bytes::from("sent")).with_trailers(ready(Some(Ok(trailers))));
    let body = body.map_err(|never: Infallible| -> BodyError { match never {} });
    let request = Request::post(URL).body(body);
    let sent = guest
        .calls
        .send_streaming(request.unwrap(), CallTimeouts::default(), |_| "failed");
    let got = block_on(async { sent.await.unwrap().into_body().collect().await.unwrap() });
    assert_eq!(got.to_bytes(), "network sent, x-sum: 1");
}

#[test]
fn without_mocks_every_call_to_an_upstream_fails() {
    let mocks = mocks();
    let got = guest(&mocks).text(call("GET", URL));
    assert_eq!(
        got,
        "no mock matches GET https://api.test/a: there are no mocks"
    );
}

#[test]
fn a_mock_never_hides_a_missing_permission() {
    let mocks = mocks().expect(any(), text("mocked"));
    let guest = guest(&mocks);
    for url in ["https://other.test/", "http://169.254.169.254/"] {
        let got = guest.send(call("GET", url)).unwrap_err();
        assert!(
            matches!(got, OutboundError::Denied(_) | OutboundError::Blocked(_)),
            "{got:?}"
        );
    }
    assert!(mocks.received().is_empty());
}

#[test]
fn a_component_of_the_application_can_be_mocked_and_answers_itself_otherwise() {
    let mocks = mocks()
        .expect(get("http://stock.spin.internal/7"), text("mocked"))
        .expect(post("/own").text("a"), text("own"));
    let guest = guest(&mocks);
    let got = [
        guest.text(call("GET", "http://stock.spin.internal/7")),
        guest.text(call("GET", "http://stock.spin.internal/8")),
        guest.text(call("POST", "/own").body("a")),
        guest.text(call("POST", "/own").body("b")),
    ];
    assert_eq!(got, ["mocked", "component ", "own", "component b"]);
    assert_eq!(mocks.received().len(), 2);
}

#[test]
fn an_unmatched_call_goes_to_the_network_if_the_test_says_so() {
    let mocks = mocks()
        .unmatched(Unmatched::Network)
        .expect(post(URL).text("a"), text("mocked"));
    let guest = guest(&mocks);
    let got = [
        guest.text(call("POST", URL).body("a")),
        guest.text(call("POST", URL).body("b")),
        guest.text(call("GET", URL)),
    ];
    assert_eq!(got, ["mocked", "network b", "network "]);
    mocks.verify().unwrap();
}

#[test]
fn verify_lists_what_was_not_met_and_what_was_not_expected() {
    let mocks = mocks()
        .expect(get(URL), text(""))
        .expect(get("https://api.test/b").times(2..=3), text(""));
    let guest = guest(&mocks);
    guest.text(call("GET", "https://api.test/b"));
    guest.text(call("POST", URL));
    assert_eq!(
        mocks.verify().unwrap_err().to_string(),
        "3 expectations of the mocks failed:\n\
         - a mock was not met: `GET https://api.test/a` was called 0 times, want at least 1\n\
         - a mock was not met: `GET https://api.test/b` was called 1 times, want 2 to 3\n\
         - no mock matches POST https://api.test/a: the nearest of 2 is `GET https://api.test/a`, but \
         method: got POST, want GET"
    );
    guest.text(call("GET", "https://api.test/b"));
    guest.text(call("GET", URL));
    let unmet = mocks.verify().unwrap_err();
    assert_eq!(unmet.reasons().len(), 1, "{unmet}");
}

#[test]
fn mocks_of_the_same_name_are_told_apart() {
    let mocks = mocks()
        .expect(get(URL).query("sku", "7"), text(""))
        .expect(
            get(URL)
                .query("sku", "8")
                .header("authorization", "Bearer secret"),
            text(""),
        )
        .expect(get(URL).query("sku", "7"), text(""));
    assert_eq!(
        mocks.verify().unwrap_err().reasons(),
        [
            "a mock was not met: `GET https://api.test/a` (mock 1 of 3 with this name, query `sku` \"7\") was called 0 times, \
             want at least 1",
            "a mock was not met: `GET https://api.test/a` (mock 2 of 3 with this name, query `sku` \"8\", header \
             `authorization`) was called 0 times, want at least 1",
            "a mock was not met: `GET https://api.test/a` (mock 3 of 3 with this name, query `sku` \"7\") was called 0 times, \
             want at least 1",
        ]
    );
}

/// A range means the same as in wiremock.
#[test]
fn a_number_or_a_range_says_how_often_a_mock_is_called() {
    let rows: [(Times, &str); 8] = [
        (2.into(), "2"),
        ((1..=2).into(), "1 to 2"),
        ((1..3).into(), "1 to 2"),
        ((..=2).into(), "at most 2"),
        ((..3).into(), "at most 2"),
        ((0..).into(), "at least 0"),
        ((..).into(), "at least 0"),
        ((3..).into(), "at least 3"),
    ];
    let wrong = rows.map(|(times, want)| (times.to_string(), want));
    let wrong: Vec<String> = wrong
        .into_iter()
        .filter(|(got, want)| got != want)
        .map(|(got, want)| format!("got {got}, want {want}"))
        .collect();
    none_is_wrong(&wrong);
}

fn panic_of(test: impl FnOnce()) -> Option<String> {
    let panicked = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(match panicked.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
    })
}

#[test]
fn mocks_that_were_not_met_panic_when_they_are_dropped() {
    let unmet = || Mocks::new().expect(get(URL).named("m"), text(""));
    let want = "a mock was not met: `m` was called 0 times, want at least 1";
    assert_eq!(panic_of(|| drop(unmet())).as_deref(), Some(want));
    assert_eq!(panic_of(|| drop(unmet().verify_on_drop(false))), None);
    let verified = || {
        let mocks = unmet();
        mocks.verify().unwrap_err();
    };
    assert_eq!(panic_of(verified), None);
    // A second panic would abort the test, and hide the first.
    let panics = || {
        let _mocks = unmet();
        panic!("the test's own");
    };
    assert_eq!(panic_of(panics).as_deref(), Some("the test's own"));
    let met = || {
        let mocks = unmet();
        assert_eq!(guest(&mocks).text(call("GET", URL)), "");
    };
    assert_eq!(panic_of(met), None);
}

#[test]
fn replaced_mocks_answer_the_transports_of_the_first_ones() {
    let mocks = mocks().expect(get(URL), text("old"));
    let guest = guest(&mocks);
    assert_eq!(guest.text(call("GET", URL)), "old");
    mocks.replace_with(Mocks::new().expect(get(URL), text("new")));
    assert_eq!(guest.text(call("GET", URL)), "new");
    assert_eq!(mocks.received().len(), 1);
}

#[test]
fn a_request_body_over_its_limit_is_an_error_of_the_request() {
    let limits = CallLimits {
        request_body_bytes: 3,
        ..CallLimits::default()
    };
    let mocks = mocks().expect(any(), text(""));
    let got = guest_within(&mocks, limits).text(call("POST", URL).body("abcd"));
    assert_eq!(got, "the request body exceeds the limit of 3 bytes");
}

fn too_few() -> RangeInclusive<u32> {
    RangeInclusive::new(3, 2)
}

#[test]
fn a_mock_that_cannot_work_is_refused_where_it_is_written() {
    let rows: [(&str, fn(), &str); 8] = [
        ("URL", || drop(get("api.test")), "`api.test` is not a URL"),
        ("scheme", || drop(get("ftp://a/")), "neither http nor https"),
        (
            "regex",
            || drop(harness_outbound::mocks::regex("(")),
            "regular expression",
        ),
        (
            "header",
            || drop(any().header("a b", "")),
            "`a b` is not the name",
        ),
        (
            "value",
            || drop(text("").header("a", "\n")),
            "control character",
        ),
        (
            "template",
            || drop(text("{{ a").template()),
            "is not a template",
        ),
        (
            "times",
            || drop(mocks().expect(any().times(too_few()), text(""))),
            "at most 2",
        ),
        (
            "responses",
            || drop(mocks().expect(any(), Vec::new())),
            "no response",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, write, want) in rows {
        let got = panic_of(write);
        if !got.as_ref().is_some_and(|got| got.contains(want)) {
            wrong.push(format!("{name}: got {got:?}, want {want:?}"));
        }
    }
    none_is_wrong(&wrong);
}
