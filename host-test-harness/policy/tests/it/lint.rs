//! `lint.json`: the warnings about valid lists.

use outbound_policy::{AllowList, Evaluation, Origin, Target, Warning};
use serde::Deserialize;

use crate::table::{Named, both_lists, check_rows, compare};

const TABLE: &str = include_str!("../../../conformance/policy/lint.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    allowed_http_hosts: Vec<String>,
    want: Vec<Noted>,
}

/// A warning: the entry, the kind, and the entry that covers it.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Noted {
    entry: String,
    kind: String,
    by: Option<String>,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_holds() {
    check_rows(TABLE, |row: &Row| {
        let list = both_lists(&row.allowed_outbound_hosts, &row.allowed_http_hosts)?;
        let got: Vec<_> = list.warnings().map(noted).collect();
        compare(&list, &got, &row.want)
    });
}

fn noted(warning: Warning<'_>) -> Noted {
    Noted {
        entry: warning.rule().entry().to_owned(),
        kind: warning.code().to_owned(),
        by: warning.covered_by().map(|rule| rule.entry().to_owned()),
    }
}

const ENTRIES: [&str; 24] = [
    "*://*:*",
    "http://*",
    "https://*:80..444",
    "http://self",
    "https://self:1",
    "http://a.test",
    "*://a.test:80",
    "https://a.test:1..81",
    "http://b.a.test:*",
    "http://*.a.test",
    "*://*.test:80..81",
    "*://*.test:*",
    "http://10.1.2.3",
    "*://10.0.0.0/8:80",
    "http://10.1.0.0/16:*",
    "http://0.0.0.0/0",
    "https://[::1]",
    "https://::/0",
    "https://::/1:*",
    "http://stock.spin.internal",
    "http://*.spin.internal",
    "*://*.internal:80..90",
    "redis://a.test",
    "http://a.test:9..8",
];

const URIS: [&str; 18] = [
    "/",
    "https://self/",
    "http://a.test/",
    "https://a.test/",
    "http://a.test:443/",
    "https://a.test:80/",
    "https://a.test:81/",
    "http://b.a.test/",
    "http://b.a.test:9/",
    "http://c.test/",
    "http://10.1.2.3/",
    "http://10.1.9.9:7/",
    "https://10.2.0.0:80/",
    "http://11.0.0.1/",
    "https://[::1]/",
    "https://[ff00::1]/",
    "http://stock.spin.internal/",
    "https://stock.spin.internal:85/",
];

/// A user may remove an entry that is reported as redundant.
#[test]
fn a_covered_entry_can_be_removed() {
    let self_origin = Origin::parse("http://127.0.0.1:3000").unwrap();
    let mut n_covered = 0;
    for pair in ENTRIES.iter().flat_map(|a| ENTRIES.map(|b| [*a, b])) {
        let list = AllowList::from_allowed_outbound_hosts(pair, |_| None).unwrap();
        for warning in list.warnings() {
            let Warning::Covered { rule, by } = warning else {
                continue;
            };
            n_covered += 1;
            for uri in URIS {
                let target = Target::parse(uri, Some(&self_origin)).unwrap();
                let permits = |evaluation: Evaluation| evaluation == Evaluation::Permits;
                assert!(
                    !permits(rule.evaluate(&target)) || permits(by.evaluate(&target)),
                    "{rule} and {by}, but only the first permits {uri}"
                );
            }
        }
    }
    assert!(
        n_covered > 50,
        "got {n_covered}: the test is no longer effective"
    );
}
