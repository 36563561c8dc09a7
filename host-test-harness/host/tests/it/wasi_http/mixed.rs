//! Both halves of an application: guests of `wasi:http` and of `fermyon:spin/http`, under one policy.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use spin_harness::{Guest, Limits, Outcome};

use super::observed;
use test_support::application::{folder, load};
use test_support::guests::{ProbeRequest, block_on, builder, handle, send};
use test_support::published::{BOTH_IMPORTS, Published, SPIN_SDK_7};
use test_support::upstream::{ScriptedResponse, Upstream};

test_support::for_each_sdk! {
    a_self_request_is_answered_in_process_where_it_is_permitted
    the_two_halves_of_an_application_call_each_other_in_process
    a_guest_of_0_3_joins_calls_to_it_in_process
}

const FORMS: [&str; 4] = [
    "/hello?q=1",
    "http://self/hello?q=1",
    "https://self/hello?q=1",
    "http://self.alt/hello?q=1",
];

fn a_self_request_is_answered_in_process_where_it_is_permitted(published: &Published) {
    for uri in FORMS {
        let got = send(&published.guest(&["self"]), ProbeRequest::get(uri));
        let text = String::from_utf8_lossy(got.body()).into_owned();
        assert!(
            text.starts_with(
                "Method::Get Some(Scheme::Http) Some(\"localhost\") Some(\"/hello?q=1\")"
            ),
            "{uri}: {text}"
        );
        let got = send(&published.guest(&["localhost"]), ProbeRequest::get(uri));
        assert!(
            got.error().contains("ErrorCode::HttpRequestDenied"),
            "{uri}: {got:?}"
        );
    }
}

/// `wire` at `/` and `published` everywhere else, which may call each other and themselves.
fn manifest(published: &Published) -> tempfile::TempDir {
    let rest = format!(
        "
[component.wire]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"http://self\", \"http://published.spin.internal\"]

[component.published]
source = \"{}\"
allowed_outbound_hosts = [\"http://self\", \"http://wire.spin.internal\", \"http://none.spin.internal\"]
",
        published.path().display()
    );
    folder(&[("/", "wire"), ("/...", "published")], &rest)
}

fn the_two_halves_of_an_application_call_each_other_in_process(published: &Published) {
    let folder = manifest(published);
    let application = load(folder.path(), builder(Limits::default()));
    let ask = |path: &str, uri: &str| -> Value {
        let body = json!([{ "method": "POST", "uri": uri, "body": "Ym9keQ==" }]).to_string();
        let request = http::Request::post(path).body(Bytes::from(body)).unwrap();
        let response = block_on(application.handle(request)).unwrap();
        serde_json::from_slice::<Vec<Value>>(response.body())
            .unwrap()
            .remove(0)
    };
    for (path, uri, status) in [
        ("/", "http://published.spin.internal/echo", 200),
        ("/", "/echo", 200),
        ("/published", "http://wire.spin.internal/echo", 200),
        ("/published", "/", 400),
    ] {
        let outcome = ask(path, uri);
        assert_eq!(
            outcome["response"]["status"], status,
            "{path} {uri}: {outcome}"
        );
    }
    let outcome = ask("/", "http://published.spin.internal/echo");
    assert_eq!(outcome["response"]["body"], "Ym9keQ==", "{outcome}");
    let outcome = ask("/published", "http://none.spin.internal/");
    let kind = outcome["error"]["kind"].as_str().unwrap();
    assert!(kind.contains("ErrorCode::DestinationNotFound"), "{outcome}");
    let outcome = ask("/", "http://published.spin.internal/panic");
    assert_eq!(outcome["error"]["kind"], "runtime-error", "{outcome}");
}

/// Wasmtime polls the calls of such a guest together, inside of its own instance.
fn a_guest_of_0_3_joins_calls_to_it_in_process(published: &Published) {
    let rest = format!(
        "
[component.caller]
source = \"{}\"
allowed_outbound_hosts = [\"http://published.spin.internal\"]

[component.published]
source = \"{}\"
",
        SPIN_SDK_7.path().display(),
        published.path().display()
    );
    let folder = folder(&[("/join", "caller"), ("/published", "published")], &rest);
    let application = load(folder.path(), builder(Limits::default()));
    let ask = json!({ "method": "POST", "uri": "http://published.spin.internal/echo", "body": "Ym9keQ==" });
    let body = Value::Array(vec![ask; 8]).to_string();
    let request = Request::post("/join").body(Bytes::from(body)).unwrap();
    let response = block_on(application.handle(request)).unwrap();
    let outcomes: Vec<Value> = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(outcomes.len(), 8);
    for outcome in outcomes {
        assert_eq!(outcome["response"]["body"], "Ym9keQ==", "{outcome}");
    }
}

/// What a guest of both imports has to say of its calls.
#[track_caller]
fn lines(guest: &Guest, urls: &[&str]) -> Vec<String> {
    let body = Bytes::from(urls.join("\n"));
    let response = handle(guest, Request::post("/").body(body).unwrap()).unwrap();
    let text = String::from_utf8_lossy(response.body()).into_owned();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn calls_by_both_imports_of_one_component_are_under_one_policy_in_one_log_and_count_together() {
    let upstream = Upstream::always(ScriptedResponse::ok("12345"));
    let other = Upstream::always(ScriptedResponse::ok(""));
    let limits = Limits {
        outbound_calls: Some(5),
        ..Limits::default()
    };
    let (harness, exchanges) = observed(limits);
    let (permitted, not_permitted) = (upstream.url("/a"), other.url("/b"));
    let guest = BOTH_IMPORTS.guest_in(harness, &[&upstream.authority(), "unused.test"]);
    assert_eq!(
        lines(&guest, &[&permitted, &not_permitted, &permitted]),
        [
            "fermyon:spin 200",
            "wasi:http 200",
            "fermyon:spin DestinationNotAllowed",
            "wasi:http ErrorCode::HttpRequestDenied",
            "fermyon:spin 200",
            "wasi:http ErrorCode::ConnectionLimitReached",
        ]
    );
    assert_eq!(other.rest(), []);
    assert_eq!(upstream.rest().len(), 3);

    let seen: Vec<_> = exchanges.lock().unwrap().drain(..).collect();
    let seen: Vec<_> = seen
        .iter()
        .map(|exchange| {
            assert_eq!(&*exchange.component, "published");
            let outcome = match &exchange.outcome {
                Outcome::Response { body_bytes, .. } => format!("{body_bytes} bytes"),
                Outcome::Failed { error_code, .. } => (*error_code).to_owned(),
                other @ (Outcome::Cancelled | Outcome::Abandoned) => panic!("{other:?}"),
            };
            (exchange.url.as_str(), exchange.rule.clone(), outcome)
        })
        .collect();
    let rule = || Some(upstream.authority());
    let (got, denied, over) = (
        "5 bytes",
        "destination-not-allowed",
        "connection-limit-reached",
    );
    let want = [
        (&permitted, rule(), got),
        (&permitted, rule(), got),
        (&not_permitted, None, denied),
        (&not_permitted, None, "HTTP-request-denied"),
        (&permitted, rule(), got),
        (&permitted, None, over),
    ];
    let want = want.map(|(url, rule, outcome)| (url.as_str(), rule, outcome.to_owned()));
    assert_eq!(seen, want);

    let usage = guest.usage();
    let unused: Vec<_> = usage
        .unused(guest.permissions())
        .map(|rule| rule.entry())
        .collect();
    assert_eq!(unused, ["unused.test"]);
    assert_eq!(usage.sufficient().count(), 1, "{usage:?}");
}
