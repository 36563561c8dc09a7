//! `usage.json`: the unused entries and the least-privilege list.

use outbound_policy::{Origin, Target, Usage};
use serde::Deserialize;

use crate::table::{Named, both_lists, check_rows, compare};

const TABLE: &str = include_str!("../../../conformance/policy/usage.json");
const SELF_ORIGIN: &str = "http://127.0.0.1:3000";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    allowed_http_hosts: Vec<String>,
    called: Vec<String>,
    want: Want,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Want {
    unused: Vec<String>,
    sufficient: Vec<String>,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_holds() {
    check_rows(TABLE, |row: &Row| {
        let allow_list = both_lists(&row.allowed_outbound_hosts, &row.allowed_http_hosts)?;
        let self_origin = Origin::parse(SELF_ORIGIN).expect("an origin");
        let mut usage = Usage::default();
        for uri in &row.called {
            let target =
                Target::parse(uri, Some(&self_origin)).map_err(|error| error.to_string())?;
            usage.record(&target, &allow_list.evaluate(&target));
        }
        let unused = usage.unused(&allow_list);
        let got = Want {
            unused: unused.map(|rule| rule.entry().to_owned()).collect(),
            sufficient: usage.sufficient().map(str::to_owned).collect(),
        };
        compare((&allow_list, &row.called), &got, &row.want)
    });
}
