//! The cases that the drivers of all languages run.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use harness_driver::{App, AppOptions, Driver, Failure, RequestMessage, parse_mock};
use serde::Deserialize;
use serde_json::{Value, json};
use spin_harness::mocks::Mocks;
use spin_harness::{Exchange, Outcome};
use tempfile::TempDir;
use test_support::guests::probe_path;
use test_support::table::check_rows;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static DRIVER: LazyLock<Driver> = LazyLock::new(|| Driver::new(RUNTIME.handle().clone()));

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    load: Value,
    expect: Option<Vec<Value>>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    failure: Option<WantedFailure>,
    #[serde(default)]
    steps: Vec<Value>,
    #[serde(default = "a_minute")]
    seconds: u64,
}

fn a_minute() -> u64 {
    60
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedFailure {
    kind: String,
    message: String,
    #[serde(default)]
    guest_stderr: String,
    #[serde(default)]
    backtrace: String,
}

impl WantedFailure {
    fn check(&self, got: &Failure) {
        assert_eq!(got.kind, self.kind, "{got:?}");
        assert!(got.message.contains(&self.message), "{got:?}");
        assert!(got.guest_stderr.contains(&self.guest_stderr), "{got:?}");
        let backtrace = got.backtrace.clone().unwrap_or_default();
        assert!(backtrace.contains(&self.backtrace), "{got:?}");
    }
}

#[test]
fn the_cases_of_all_drivers_hold() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../cases.json")).unwrap();
    // Compiled before the first case, whose time is limited.
    let component = probe_path("wire_probe");
    assert!(component.is_file(), "{}", component.display());
    check_rows(cases, |case| {
        let started = Instant::now();
        check(case);
        let took = started.elapsed();
        assert!(
            took < Duration::from_secs(case.seconds),
            "{}: {took:?}",
            case.name
        );
    });
}

fn check(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mocks = case.expect.as_ref().map(|expect| {
        let mocks = Mocks::new().verify_on_drop(false);
        for mock in expect {
            mocks.add(parse_mock(mock.clone()).unwrap().0);
        }
        mocks
    });
    let loaded = load(&case.load, &folder, mocks.as_ref());
    let mut app = match (loaded, &case.failure) {
        (Ok(app), None) => app,
        (Err(error), Some(want)) => return want.check(&error),
        (Err(error), None) => panic!("{error:?}"),
        (Ok(_), Some(want)) => panic!("loaded, want {want:?}"),
    };
    for step in &case.steps {
        if let Some(options) = step.get("load") {
            app = load(options, &folder, None).unwrap();
        } else {
            check_step(step, &app, mocks.as_ref());
        }
    }
}

fn load(options: &Value, folder: &TempDir, mocks: Option<&Mocks>) -> Result<App, Failure> {
    let probes = probe_path("wire_probe");
    let place = |path: &Path| serde_json::to_string(path.to_str().unwrap()).unwrap();
    let options = options
        .to_string()
        .replace("$folder", place(folder.path()).trim_matches('"'))
        .replace("$probes", place(probes.parent().unwrap()).trim_matches('"'));
    let options: AppOptions = serde_json::from_str(&options).unwrap();
    RUNTIME.block_on(DRIVER.load(options, mocks))
}

fn check_step(step: &Value, app: &App, mocks: Option<&Mocks>) {
    let (name, value) = step
        .as_object()
        .unwrap()
        .iter()
        .find(|(name, _)| {
            [
                "call", "request", "listen", "expect", "received", "verify", "report", "close",
            ]
            .contains(&name.as_str())
        })
        .unwrap_or_else(|| panic!("an unknown step: {step}"));
    let failure = || serde_json::from_value::<WantedFailure>(step["failure"].clone()).unwrap();
    match name.as_str() {
        "call" => check_call(step, value, app),
        "request" => {
            let mut message = value.clone();
            if let Some(body) = value["body"].as_str() {
                message["body"] = BASE64_STANDARD.encode(body).into();
            }
            let request: RequestMessage = serde_json::from_value(message).unwrap();
            let response = request
                .parse()
                .and_then(|request| RUNTIME.block_on(app.request(request)));
            match response {
                Err(error) => failure().check(&error),
                Ok((response, _)) => {
                    check_response(
                        step,
                        response.status().as_u16(),
                        std::str::from_utf8(response.body()).unwrap(),
                    );
                }
            }
        }
        "listen" => match RUNTIME.block_on(app.listen()) {
            Err(error) => failure().check(&error),
            Ok(url) => {
                let (status, body) = get(&url, value["url"].as_str().unwrap());
                check_response(step, status, &body);
            }
        },
        "expect" => match parse_mock(value.clone()) {
            Ok((mock, _)) => mocks.unwrap().add(mock),
            Err(error) => failure().check(&error),
        },
        "received" => {
            let received = mocks.unwrap().received();
            let received = received.iter().map(|request| {
                json!({
                    "method": request.method.as_str(),
                    "url": request.url.as_str(),
                    "body": request.text(),
                    "mock": request.mock,
                })
            });
            assert_eq!(Value::Array(received.collect()), *value);
        }
        "verify" => {
            let unmet = mocks.unwrap().verify().err();
            let reasons = unmet.as_ref().map_or(&[][..], |unmet| unmet.reasons());
            let want = value.as_array().unwrap();
            assert_eq!(reasons.len(), want.len(), "{reasons:?}");
            for (reason, want) in reasons.iter().zip(want) {
                assert!(reason.contains(want.as_str().unwrap()), "{reason}");
            }
        }
        "report" => {
            let report = RUNTIME.block_on(app.report());
            for (got, want) in [(&report.stdout, "stdout"), (&report.stderr, "stderr")] {
                let want = value[want].as_str().unwrap_or_default();
                assert!(got.contains(want), "{got}");
            }
            let calls = report.calls.iter().map(|call| {
                json!({ "method": call.method.as_str(), "url": call.url, "outcome": outcome(call) })
            });
            assert_eq!(Value::Array(calls.collect()), value["calls"]);
        }
        "close" => RUNTIME.block_on(app.close()).unwrap(),
        _ => unreachable!("the step is one of those"),
    }
}

/// The status and the body of the response to a request over a socket.
fn get(base: &str, path: &str) -> (u16, String) {
    let host = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(a_minute())))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn outcome(call: &Exchange) -> &'static str {
    match call.outcome {
        Outcome::Response { .. } => "response",
        Outcome::Failed { .. } => "failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Abandoned => "abandoned",
    }
}

/// Asks the probe to make a call.
fn check_call(step: &Value, call: &Value, app: &App) {
    let body = call["body"]
        .as_str()
        .map(|body| BASE64_STANDARD.encode(body));
    let headers = call.get("headers").cloned().unwrap_or(json!([]));
    let description =
        json!([{ "method": call["method"], "uri": call["url"], "headers": headers, "body": body }]);
    let request = http::Request::post("/")
        .body(description.to_string().into())
        .unwrap();
    let (response, _) = RUNTIME.block_on(app.request(request)).unwrap();
    let outcomes: Value = serde_json::from_slice(response.body()).unwrap();
    let outcome = &outcomes[0];
    if let Some(want) = step.get("error") {
        assert_eq!(outcome["error"]["kind"], *want, "{outcome}");
        return;
    }
    let response = &outcome["response"];
    let status = u16::try_from(
        response["status"]
            .as_u64()
            .unwrap_or_else(|| panic!("{outcome}")),
    );
    let body = BASE64_STANDARD
        .decode(response["body"].as_str().unwrap())
        .unwrap();
    check_response(step, status.unwrap(), std::str::from_utf8(&body).unwrap());
}

fn check_response(step: &Value, status: u16, body: &str) {
    assert_eq!(u64::from(status), step["status"].as_u64().unwrap());
    if let Some(want) = step.get("body") {
        assert_eq!(body, want.as_str().unwrap());
    }
    if let Some(want) = step.get("body_contains") {
        assert!(body.contains(want.as_str().unwrap()), "{body}");
    }
}
