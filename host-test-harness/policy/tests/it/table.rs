//! Reads a table of `conformance/policy/` and runs its rows.

use std::collections::BTreeSet;
use std::fmt::Debug;

use outbound_policy::{AllowList, InvalidUri, Origin, Target};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<Row> {
    #[serde(rename = "$schema")]
    _schema: String,
    #[serde(rename = "about")]
    _about: String,
    rows: Vec<Row>,
}

/// A row whose name is a statement.
pub(crate) trait Named {
    fn name(&self) -> &str;
}

/// Runs `check` on every row of the table and fails with all rows that do not hold.
#[track_caller]
pub(crate) fn check_rows<Row: Named + DeserializeOwned>(
    json: &str,
    check: impl Fn(&Row) -> Result<(), String>,
) {
    let table: Table<Row> =
        serde_json::from_str(json).expect("the table has the fields that its schema names");
    assert!(!table.rows.is_empty(), "the table has no rows");
    let mut names = BTreeSet::new();
    let mut failures = Vec::new();
    for row in &table.rows {
        let name = row.name();
        if !names.insert(name) {
            failures.push(format!("{name}: the name is used twice"));
        }
        if !is_statement(name) {
            failures.push(format!("{name}: a name is lower case words joined by `_`"));
        }
        failures.extend(
            check(row)
                .err()
                .map(|failure| format!("{name}:\n{failure}")),
        );
    }
    let n_rows = table.rows.len();
    assert!(
        failures.is_empty(),
        "{} of {n_rows} rows do not hold:\n\n{}\n",
        failures.len(),
        failures.join("\n\n")
    );
}

/// Compares `got` with `want`; the error shows both and the input.
pub(crate) fn compare<T: PartialEq + Debug>(
    input: impl Debug,
    got: &T,
    want: &T,
) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!(
            "  input {input:?}\n  got   {got:?}\n  want  {want:?}"
        ))
    }
}

/// The allow-list of both keys, without variables.
pub(crate) fn both_lists(
    outbound_hosts: &[impl AsRef<str>],
    http_hosts: &[impl AsRef<str>],
) -> Result<AllowList, String> {
    let outbound_hosts = AllowList::from_allowed_outbound_hosts(outbound_hosts, |_| None)
        .map_err(|error| error.to_string())?;
    let http_hosts =
        AllowList::from_allowed_http_hosts(http_hosts).map_err(|error| error.to_string())?;
    Ok(outbound_hosts.and(http_hosts))
}

/// The target of the last of `redirects`, or of `uri` itself.
pub(crate) fn last_hop(
    uri: &str,
    self_origin: Option<&str>,
    redirects: &[String],
) -> Result<Target, InvalidUri> {
    let self_origin = self_origin.map(|origin| Origin::parse(origin).expect("an origin"));
    let first = Target::parse(uri, self_origin.as_ref())?;
    redirects
        .iter()
        .try_fold(first, |target, location| target.join(location))
}

fn is_statement(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.contains('_') && name.split('_').all(is_word)
}
