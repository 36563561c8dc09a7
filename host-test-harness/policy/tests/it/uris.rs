//! `uris.json`: the targets of a guest's URIs.

use outbound_policy::{InvalidUri, InvalidUriKind, Target};
use serde::Deserialize;

use crate::table::{Named, check_rows, compare, last_hop};

const TABLE: &str = include_str!("../../../conformance/policy/uris.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    self_origin: Option<String>,
    uri: String,
    #[serde(default)]
    redirects: Vec<String>,
    want: Want,
    #[serde(rename = "differs_from_spin", default)]
    _differs_from_spin: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Want {
    Accepted(Accepted),
    Invalid(String),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Accepted {
    url: String,
    #[serde(default)]
    is_self: bool,
    internal_component: Option<String>,
    #[serde(default)]
    dropped_user_info: bool,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_holds() {
    check_rows(TABLE, |row: &Row| {
        let got = outcome(last_hop(
            &row.uri,
            row.self_origin.as_deref(),
            &row.redirects,
        ));
        compare((&row.uri, &row.redirects), &got, &row.want)
    });
}

/// The `http` crate has this limit.
#[test]
fn a_uri_beyond_65534_bytes_is_malformed() {
    let prefix = "http://api.test/";
    let longest = format!("{prefix}{}", "a".repeat(65_534 - prefix.len()));
    assert!(Target::parse(&longest, None).is_ok());

    let too_long = format!("{longest}a");
    let error = Target::parse(&too_long, None).expect_err("too long");
    assert_eq!(error.kind(), InvalidUriKind::Malformed);
    assert!(
        error.to_string().len() < 500,
        "got a message of {} bytes",
        error.to_string().len()
    );
}

/// Percent-encoding triples the length, and the encoded URI must be valid too.
#[test]
fn a_uri_that_is_too_long_after_encoding_is_malformed() {
    let uri = format!("http://api.test/{}", "é".repeat(30_000));
    let error = Target::parse(&uri, None).expect_err("too long");
    assert_eq!(error.kind(), InvalidUriKind::Malformed);
}

fn outcome(read: Result<Target, InvalidUri>) -> Want {
    match read {
        Ok(target) => Want::Accepted(Accepted {
            url: target.url().to_string(),
            is_self: target.is_self(),
            internal_component: target.internal_component().map(str::to_owned),
            dropped_user_info: target.dropped_user_info(),
        }),
        Err(error) => Want::Invalid(error.kind().code().to_owned()),
    }
}
