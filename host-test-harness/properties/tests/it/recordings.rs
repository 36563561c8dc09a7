//! Recordings in which one or two values are others, and recordings that are cut.

use std::cell::Cell;

use harness_outbound::har::read;
use properties::corpus::holds;
use properties::har;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

const FILES: [&str; 5] = [
    include_str!("../../../fuzz/corpus/har/own_fields"),
    include_str!("../../../fuzz/corpus/har/of_chromium"),
    include_str!("../../../fuzz/corpus/har/of_firefox"),
    include_str!("../../../fuzz/corpus/har/of_mitmproxy"),
    include_str!("../../../fuzz/corpus/har/of_playwright"),
];

/// Every value in a value, itself included.
fn pointers(value: &Value, own: &str, found: &mut Vec<String>) {
    found.push(own.to_owned());
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                pointers(value, &format!("{own}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, &format!("{own}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn other_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(12.5),
            json!(1e300),
            json!(-1e300),
            json!(u64::MAX),
            json!([]),
            json!({}),
            json!({"kind": "mock", "name": "\n"}),
            json!(""),
            json!("\u{0}"),
            json!("a\nb"),
            json!("base64"),
            json!("AP8="),
            json!("inbound"),
            json!("too-large"),
            json!("missing"),
            json!("tls-alert-7"),
            json!("net::ERR_CERT_DATE_INVALID"),
            json!("text/html; charset=iso-8859-1"),
            json!("text/html; CHARSET=İ"),
            json!("content-type"),
            json!("content-length"),
            json!("HEAD"),
            json!("h3"),
            json!("2026-12-31T23:59:60.999999999+14:00"),
        ]),
        any::<String>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ]
}

#[test]
fn a_recording_with_other_values_holds() {
    let files: Vec<(Value, Vec<String>)> = FILES
        .iter()
        .map(|text| {
            let file = serde_json::from_str(text).expect("the corpus is JSON");
            let mut found = Vec::new();
            pointers(&file, "", &mut found);
            (file, found)
        })
        .collect();
    let config = ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let change = || (any::<prop::sample::Index>(), other_value());
    let n_read = Cell::new(0);
    proptest!(config, |(file in 0..FILES.len(), first in change(), second in prop::option::of(change()))| {
        let (mut file, found) = files[file].clone();
        for (index, value) in [first].into_iter().chain(second) {
            let pointer: &String = index.get(&found);
            if let Some(place) = file.pointer_mut(pointer) {
                *place = value;
            }
        }
        let text = file.to_string();
        holds(&text, || har::check(text.as_bytes()));
        n_read.set(n_read.get() + usize::from(read("a.har".as_ref(), text.as_bytes()).is_ok()));
    });
    let n_read = n_read.get();
    assert!(
        n_read > 500,
        "got {n_read} valid recordings: the test is no longer effective"
    );
}

#[test]
fn a_recording_that_is_cut_is_an_error_with_a_line() {
    for file in FILES {
        let end = file.trim_end().len();
        for cut in (0..end).step_by(7) {
            let input = &file.as_bytes()[..cut];
            holds(&String::from_utf8_lossy(input), || har::check(input));
            assert!(
                read("a.har".as_ref(), input).is_err(),
                "cut after {cut} bytes"
            );
        }
    }
}
