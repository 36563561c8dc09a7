//! `allowed_http_hosts.decisions.json` and `allowed_outbound_hosts.decisions.json`: the decisions of allow-lists.

use outbound_policy::{AllowList, Decision, Denial, DenialReason, HostList, Target};
use serde::Deserialize;

use crate::table::{Named, check_rows, compare, last_hop};

const HTTP_HOSTS: &str =
    include_str!("../../../conformance/policy/allowed_http_hosts.decisions.json");
const OUTBOUND_HOSTS: &str =
    include_str!("../../../conformance/policy/allowed_outbound_hosts.decisions.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    allowed_outbound_hosts: Option<Vec<String>>,
    allowed_http_hosts: Option<Vec<String>>,
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

impl Row {
    /// The allow-list of the row: `allowed_outbound_hosts`, then `allowed_http_hosts`, extended by the entry `more`.
    fn allow_list(&self, more: Option<(HostList, &str)>) -> Result<AllowList, String> {
        let entries = |list: HostList, entries: &Option<Vec<String>>| {
            let more = more.filter(|(of, _)| *of == list);
            let mut entries = entries.clone().unwrap_or_default();
            entries.extend(more.map(|(_, entry)| entry.to_owned()));
            entries
        };
        let outbound_hosts = entries(HostList::AllowedOutboundHosts, &self.allowed_outbound_hosts);
        let outbound_hosts = AllowList::from_allowed_outbound_hosts(outbound_hosts, |_| None)
            .map_err(|error| error.to_string())?;
        let http_hosts = entries(HostList::AllowedHttpHosts, &self.allowed_http_hosts);
        let http_hosts =
            AllowList::from_allowed_http_hosts(http_hosts).map_err(|error| error.to_string())?;
        Ok(if self.allowed_outbound_hosts.is_none() {
            http_hosts
        } else {
            outbound_hosts.and(http_hosts)
        })
    }
}

#[test]
fn every_row_of_allowed_http_hosts_holds() {
    check_rows(HTTP_HOSTS, check);
}

#[test]
fn every_row_of_allowed_outbound_hosts_holds() {
    check_rows(OUTBOUND_HOSTS, check);
}

fn check(row: &Row) -> Result<(), String> {
    let allow_list = row.allow_list(None)?;
    let target = last_hop(&row.uri, row.self_origin.as_deref(), &row.redirects)
        .map_err(|error| error.to_string())?;
    let decision = allow_list.evaluate(&target);
    compare((&allow_list, &row.uri), &outcome(&decision), &row.want)?;
    match decision {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => check_entry_to_add(row, &target, &denial),
    }
}

fn outcome(decision: &Decision<'_>) -> Want {
    match decision {
        Decision::Allow(rule) => Want::Allow(rule.entry().to_owned()),
        Decision::Deny(denial) => Want::Deny(Deny {
            reason: denial.reason().code().to_owned(),
            nearest: denial.reason().nearest().to_vec(),
            entry_to_add: denial.entry_to_add().map(str::to_owned),
        }),
    }
}

/// The entry in the hint permits the request, and the message contains the hint.
fn check_entry_to_add(row: &Row, target: &Target, denial: &Denial) -> Result<(), String> {
    let Some(entry) = denial.entry_to_add() else {
        return Ok(());
    };
    let extended = row.allow_list(Some((denial.list(), entry)))?;
    compare(
        (&extended, entry),
        &outcome(&extended.evaluate(target)),
        &Want::Allow(entry.to_owned()),
    )?;
    let hint = format!("add \"{entry}\" to `{}`", denial.list().manifest_key());
    compare(
        denial.to_string(),
        &denial.to_string().contains(&hint),
        &true,
    )
}

#[test]
fn no_list_permits_an_upstream_to_redirect_a_guest_to_its_own_application() {
    let upstream = Target::parse("http://api.test/", None).unwrap();
    for location in [
        "http://self/",
        "https://self/x",
        "http://stock.spin.internal/",
        "http://STOCK.spin.internal:8080/x",
    ] {
        let hop = upstream.join(location).unwrap();
        for entries in [&["*://*:*"][..], &["http://self", "*://*.spin.internal:*"]] {
            let list = AllowList::from_allowed_outbound_hosts(entries, |_| None).unwrap();
            let Decision::Deny(denial) = list.evaluate(&hop) else {
                panic!("{location} was allowed by {entries:?}");
            };
            assert_eq!(denial.reason(), &DenialReason::OwnNameFromOutside);
            assert_eq!(denial.entry_to_add(), None);
            assert!(
                denial.to_string().ends_with("may use this name"),
                "{denial}"
            );
        }
    }
    let hop = upstream.join("http://self:8080/").unwrap();
    let list = AllowList::from_allowed_outbound_hosts(["*://*:*"], |_| None).unwrap();
    assert!(
        matches!(list.evaluate(&hop), Decision::Allow(_)),
        "a host named self"
    );
}
