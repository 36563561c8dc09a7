//! Generated inputs: combinations of tricky pieces, and random ones.

use std::cell::Cell;

use properties::corpus::holds;
use properties::{texts, uri};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Pieces that parsers read differently, or that move the end of the authority.
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

/// Every URI of the form `start piece piece piece`, redirected to two of the pieces.
#[test]
fn all_views_of_a_tricky_uri_have_the_same_origin() {
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
        "got {n_accepted} valid URIs: the test is no longer effective"
    );
}

/// The inputs are the same in every run, so a failure can be reproduced.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}

/// Up to seven pieces of a URL or of an entry, and arbitrary characters.
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

/// An http URL with unusual parts that some parser accepts.
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
fn the_evaluated_target_is_the_target_on_the_wire() {
    let n_accepted = Cell::new(0);
    let chain = (url(), odd_text(), odd_text());
    proptest!(config(8_000), |((uri, first, second) in chain)| {
        n_accepted.set(n_accepted.get() + uri::check_chain(&uri, &[&first, &second]));
    });
    let n_accepted = n_accepted.get();
    assert!(
        n_accepted > 8_000,
        "got {n_accepted} valid URIs: the test is no longer effective"
    );
}

#[test]
fn no_text_makes_the_policy_panic() {
    proptest!(config(2_000), |(texts in prop::collection::vec(odd_text(), 1..6))| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts::check_texts(&texts);
    });
}
