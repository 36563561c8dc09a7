//! Every file that is written keeps to HAR 1.2.

use harness_outbound::recording::{
    BodyEnd, Direction, Existing, RecordedBody, RecordedExchange, RecordedFailure, Redaction,
};
use serde_json::Value;

use super::writer::{full, headers, record};

const SCHEMA: &str = include_str!("../../har/har-1.2.schema.json");

/// What of a file the schema refuses.
pub(super) fn refused(file: &Value) -> Vec<String> {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    validator
        .iter_errors(file)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn a_file_keeps_to_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let mut form = full();
    form.request.headers = headers(&[
        ("content-type", b"application/x-www-form-urlencoded"),
        ("cookie", b"a=1; b"),
    ]);
    form.request.body = RecordedBody::complete("a=1");
    let head = form.response.as_mut().unwrap();
    head.headers = headers(&[
        (
            "set-cookie",
            b"a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Secure",
        ),
        ("location", b"/next"),
    ]);
    let denied = RecordedExchange {
        direction: Direction::Inbound,
        response: None,
        via: None,
        failure: Some(RecordedFailure {
            error: None,
            error_code: None,
            cause: "denied".to_owned(),
            details: None,
        }),
        ..full()
    };
    let mut large = full();
    large.request.body = RecordedBody {
        end: BodyEnd::TooLarge { limit: 1 },
        ..RecordedBody::complete("")
    };
    let exchanges = [full(), form, denied, large];
    record(&path, Existing::Replace, Redaction::default(), &exchanges);
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let refused = refused(&file);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_schema_refuses_what_is_not_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    record(&path, Existing::Replace, Redaction::default(), &[full()]);
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(refused(&file), Vec::<String>::new());
    let mut accepted = Vec::new();
    for (pointer, value) in [
        ("/log/version", "1.3".into()),
        ("/log/entries/0/time", (-1).into()),
        ("/log/entries/0/startedDateTime", "today".into()),
        ("/log/entries/0/serverIPAddress", "127.0.0.1:80".into()),
        (
            "/log/entries/0/request/url",
            "http://a.test/#fragment".into(),
        ),
        ("/log/entries/0/request/queryString", Value::Null),
        ("/log/entries/0/response/status", "200".into()),
        (
            "/log/entries/0/response/content",
            serde_json::json!({"size": 1, "mimeType": "a/b", "own": 1}),
        ),
        ("/log/entries/0/timings/wait", (-1).into()),
    ] {
        let mut file = file.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        if refused(&file).is_empty() {
            accepted.push(pointer);
        }
    }
    assert!(accepted.is_empty(), "{accepted:?}");
}
