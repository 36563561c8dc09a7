//! What holds for any input. `cargo xtask fuzz` looks for one that breaks it, with the same checks.

mod corpus;
mod decision;
mod texts;
mod uri;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use corpus::{holds, replay};

const URIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/uri");
const TEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/texts");

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

/// Pieces that parsers are known to disagree on, or that move the end of the authority.
const PIECES: [&str; 26] = [
    "",
    "/",
    "//",
    "\\",
    "@",
    ":",
    ":80",
    ":443",
    ":0",
    "#",
    "?",
    ".",
    "..",
    "%2f",
    "%40",
    "\t",
    "\n",
    "\0",
    " ",
    "self",
    "a.test",
    "[::1]",
    "0x7f.1",
    "user:pass@",
    "é",
    "／",
];

const STARTS: [&str; 6] = [
    "http:",
    "https://",
    "http://self",
    "http://a.test",
    "/",
    "ftp://",
];

#[test]
fn every_uri_of_the_corpus_holds() {
    replay(URIS, |input| {
        uri::check(input);
    });
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

/// Every URI of the form `start piece piece piece`, redirected to each piece.
#[test]
fn all_views_of_a_tricky_uri_name_one_origin() {
    let mut n_accepted = 0;
    for start in STARTS {
        for first in PIECES {
            for second in PIECES {
                for third in PIECES {
                    let text = format!("{start}{first}{second}{third}");
                    n_accepted += holds(&text, || uri::check_chain(&text, &[first, third]));
                }
            }
        }
    }
    assert!(
        n_accepted > 10_000,
        "got {n_accepted} accepted URIs: the test has lost its force"
    );
}

/// The same inputs in every run: a failure is one of this version, and can be repeated.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}

/// Up to eight pieces of a URL or of an entry, and characters that are in neither.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
        4 => prop::sample::select(STARTS.as_slice()).prop_map(str::to_owned),
        4 => "[a-z0-9.:*/{}-]{1,6}",
        2 => any::<std::net::IpAddr>().prop_map(|address| address.to_string()),
        1 => any::<u16>().prop_map(|port| format!(":{port}")),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// An http URL of which every part is odd in a way that some parser accepts.
fn url() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(["http://", "https://", "HTTP://"].as_slice());
    let user_info = prop::sample::select(["", "", "", "u@", "u:p%40@", "%00@"].as_slice());
    let host = prop_oneof![
        "[a-zA-Z0-9_.~!$&'()*+,;=-]{1,12}",
        "(0x)?[0-9a-f]{1,9}(\\.[0-9]{1,3}){0,3}\\.?",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
        "(%[0-7][0-9a-fA-F]|[a-z.]){1,6}",
        "xn--[a-z0-9-]{1,8}\\.test",
    ];
    let port = prop_oneof![Just(String::new()), ":[0-9]{0,6}"];
    let path = "(/[!#-;=?-_a-z~]{0,8}){0,3}";
    (scheme, user_info, host, port, path).prop_map(|(scheme, user_info, host, port, path)| {
        [scheme, user_info, &host, &port, &path].concat()
    })
}

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![url(), pieces()]
}

#[test]
fn the_target_that_was_judged_is_the_one_on_the_wire() {
    let n_accepted = Cell::new(0);
    let chain = (url(), odd_text(), odd_text());
    proptest!(config(8_000), |((uri, first, second) in chain)| {
        n_accepted.set(n_accepted.get() + uri::check_chain(&uri, &[&first, &second]));
    });
    let n_accepted = n_accepted.get();
    assert!(
        n_accepted > 8_000,
        "got {n_accepted} accepted URIs: the test has lost its force"
    );
}

#[test]
fn no_text_makes_the_policy_panic() {
    proptest!(config(2_000), |(texts in prop::collection::vec(odd_text(), 1..6))| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts::check_texts(&texts);
    });
}
