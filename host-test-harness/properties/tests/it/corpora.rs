//! The corpora of the fuzz targets, and the texts of the policy tables.

use properties::corpus::{holds, replay};
use properties::manifest::Application;
use properties::{har, mocks, request, response, texts, uri};

const URIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/uri");
const TEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/texts");

const REQUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/request");
const RESPONSES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/response");
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/har");
const MOCKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/mocks");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/manifest");

const TABLES: [&str; 8] = [
    include_str!("../../../conformance/policy/allowed_http_hosts.decisions.json"),
    include_str!("../../../conformance/policy/allowed_http_hosts.entries.json"),
    include_str!("../../../conformance/policy/allowed_outbound_hosts.decisions.json"),
    include_str!("../../../conformance/policy/allowed_outbound_hosts.entries.json"),
    include_str!("../../../conformance/policy/blocked_networks.json"),
    include_str!("../../../conformance/policy/lint.json"),
    include_str!("../../../conformance/policy/uris.json"),
    include_str!("../../../conformance/policy/usage.json"),
];

#[test]
fn every_uri_of_the_corpus_holds() {
    replay(URIS, uri::check);
}

#[test]
fn every_text_of_the_corpus_holds() {
    replay(TEXTS, texts::check);
}

#[test]
fn every_text_of_the_tables_holds() {
    for table in TABLES {
        let rows: serde_json::Value = serde_json::from_str(table).expect("a table is JSON");
        for row in rows["rows"].as_array().expect("a table has rows") {
            let mut found = Vec::new();
            strings(row, &mut found);
            holds(&row.to_string(), || {
                texts::check_texts(&found);
                uri::check_chain(found[0], &found);
                found.iter().for_each(|text| {
                    uri::check_chain(text, &found);
                });
            });
        }
    }
}

fn strings<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::String(text) => found.push(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        serde_json::Value::Object(fields) => {
            fields.values().for_each(|value| strings(value, found));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[test]
fn every_manifest_of_the_corpus_holds() {
    let application = Application::default();
    replay(MANIFESTS, |input| application.check(input));
}

#[test]
fn every_recording_of_the_corpus_holds() {
    replay(RECORDINGS, har::check);
}

#[test]
fn every_mock_file_of_the_corpus_holds() {
    replay(MOCKS, mocks::check);
}

#[cfg(unix)]
#[test]
fn every_request_of_the_corpus_holds() {
    replay(REQUESTS, request::check);
}

#[cfg(unix)]
#[test]
fn every_response_of_the_corpus_holds() {
    replay(RESPONSES, response::check);
}
