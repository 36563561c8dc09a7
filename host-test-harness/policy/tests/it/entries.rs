//! `allowed_http_hosts.entries.json` and `allowed_outbound_hosts.entries.json`: the meaning of entries, or why they are
//! invalid.

use std::collections::BTreeMap;

use outbound_policy::{AllowList, Decision, InvalidEntries, Origin, Target};
use serde::Deserialize;

use crate::table::{Named, check_rows, compare};

const HTTP_HOSTS: &str =
    include_str!("../../../conformance/policy/allowed_http_hosts.entries.json");
const OUTBOUND_HOSTS: &str =
    include_str!("../../../conformance/policy/allowed_outbound_hosts.entries.json");
const SELF_ORIGIN: &str = "http://127.0.0.1:3000";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    entries: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    want: Want,
    #[serde(rename = "differs_from_spin", default)]
    _differs_from_spin: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Want {
    Valid(Valid),
    Invalid(Vec<Noted>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Valid {
    permits: Vec<String>,
    denies: Vec<String>,
    #[serde(default)]
    warnings: Vec<Noted>,
}

/// An entry with the kind of a warning or an error.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Noted {
    entry: String,
    kind: String,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_of_allowed_http_hosts_holds() {
    check(HTTP_HOSTS, |row| {
        AllowList::from_allowed_http_hosts(&row.entries)
    });
}

#[test]
fn every_row_of_allowed_outbound_hosts_holds() {
    check(OUTBOUND_HOSTS, |row| {
        let value = |name: &str| row.variables.get(name).cloned();
        AllowList::from_allowed_outbound_hosts(&row.entries, value)
    });
}

#[track_caller]
fn check(table: &str, read: impl Fn(&Row) -> Result<AllowList, InvalidEntries>) {
    check_rows(table, |row: &Row| match (read(row), &row.want) {
        (Ok(allow_list), Want::Valid(want)) => check_valid(row, &allow_list, want),
        (Ok(_), Want::Invalid(want)) => Err(format!(
            "  input {:?}\n  got   a valid list\n  want  {want:?}",
            row.entries
        )),
        (Err(error), Want::Valid(_)) => Err(format!(
            "  input {:?}\n  got   {error}\n  want  a valid list",
            row.entries
        )),
        (Err(error), Want::Invalid(want)) => {
            let got: Vec<_> = error
                .entries()
                .iter()
                .map(|invalid| noted(invalid.entry(), invalid.kind().code()))
                .collect();
            compare(&row.entries, &got, want)
        }
    });
}

fn check_valid(row: &Row, allow_list: &AllowList, want: &Valid) -> Result<(), String> {
    let warnings: Vec<_> = allow_list
        .warnings()
        .map(|warning| noted(warning.rule().entry(), warning.code()))
        .collect();
    compare(&row.entries, &warnings, &want.warnings)?;
    let permitted = want.permits.iter().map(|uri| (uri, true));
    let denied = want.denies.iter().map(|uri| (uri, false));
    for (uri, want) in permitted.chain(denied) {
        let target = Target::parse(uri, Some(&Origin::parse(SELF_ORIGIN).expect("an origin")))
            .map_err(|error| error.to_string())?;
        let got = matches!(allow_list.evaluate(&target), Decision::Allow(_));
        compare((&row.entries, uri), &got, &want)?;
    }
    Ok(())
}

fn noted(entry: &str, kind: &str) -> Noted {
    Noted {
        entry: entry.to_owned(),
        kind: kind.to_owned(),
    }
}
