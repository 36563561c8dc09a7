//! `allowed_http_hosts.decisions.json`: which requests an allow-list permits, and by which entry.

use outbound_policy::{AllowList, Decision, Denial, DenialReason, Target};
use serde::Deserialize;

use crate::table::{Named, check_rows, compare, last_hop};

const TABLE: &str = include_str!("../../../conformance/policy/allowed_http_hosts.decisions.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    allowed_http_hosts: Vec<String>,
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
    Allow(String),
    Deny(Deny),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Deny {
    reason: String,
    #[serde(default)]
    nearest: Vec<String>,
    entry_to_add: Option<String>,
}

impl Named for Row {
    fn name(&self) -> &str {
        &self.name
    }
}

#[test]
fn every_row_holds() {
    check_rows(TABLE, |row: &Row| {
        let entries = &row.allowed_http_hosts;
        let allow_list =
            AllowList::from_allowed_http_hosts(entries).map_err(|error| error.to_string())?;
        let target = last_hop(&row.uri, row.self_origin.as_deref(), &row.redirects)
            .map_err(|error| error.to_string())?;
        let decision = allow_list.decide(&target);
        compare(
            (entries, &row.uri, &row.redirects),
            &outcome(&decision),
            &row.want,
        )?;
        match decision {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) => check_entry_to_add(entries, &target, &denial),
        }
    });
}

fn outcome(decision: &Decision<'_>) -> Want {
    match decision {
        Decision::Allow(rule) => Want::Allow(rule.entry().to_owned()),
        Decision::Deny(denial) => {
            let (reason, nearest) = match denial.reason() {
                DenialReason::SchemeNotHttp => ("scheme-not-http", Vec::new()),
                DenialReason::SelfNotListed => ("self-not-listed", Vec::new()),
                DenialReason::HostNotListed => ("host-not-listed", Vec::new()),
                DenialReason::PortNotListed { entries } => ("port-not-listed", entries.clone()),
            };
            Want::Deny(Deny {
                reason: reason.to_owned(),
                nearest,
                entry_to_add: denial.entry_to_add().map(str::to_owned),
            })
        }
    }
}

/// Whoever follows the hint is permitted, and the sentence holds the hint.
fn check_entry_to_add(entries: &[String], target: &Target, denial: &Denial) -> Result<(), String> {
    let Some(entry) = denial.entry_to_add() else {
        return Ok(());
    };
    let extended = entries.iter().map(String::as_str).chain([entry]);
    let allow_list =
        AllowList::from_allowed_http_hosts(extended).map_err(|error| error.to_string())?;
    compare(
        (entries, entry),
        &outcome(&allow_list.decide(target)),
        &Want::Allow(entry.to_owned()),
    )?;
    let hint = format!("add \"{entry}\" to `allowed_http_hosts`");
    compare(
        denial.to_string(),
        &denial.to_string().contains(&hint),
        &true,
    )
}
