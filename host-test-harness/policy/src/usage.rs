//! Records which entries were needed, and derives the least-privilege list.

use std::collections::{BTreeSet, HashSet};

use crate::allow_list::{AllowList, entry_permitting};
use crate::decision::Decision;
use crate::host_list::HostList;
use crate::origin::Origin;
use crate::rule::Rule;
use crate::target::Target;

/// The maximum number of entries of [`Usage::sufficient`]: 1,000. Nobody writes a longer list.
pub const MAX_SUFFICIENT: usize = 1_000;

/// The use that was made of an allow-list.
///
/// [`Usage::record`] takes each decision. [`Usage::unused`] then lists the entries that were never needed, and
/// [`Usage::sufficient`] the least-privilege list. One short string is kept for each permitted origin, and at most
/// [`MAX_SUFFICIENT`] of them, because a guest chooses the origins.
///
/// ```
/// use outbound_policy::{AllowList, Target, Usage};
///
/// let entries = ["https://*.example.com", "http://localhost:8080"];
/// let allow_list = AllowList::from_allowed_outbound_hosts(entries, |_| None)?;
/// let mut usage = Usage::default();
///
/// let target = Target::parse("https://api.example.com/v1", None)?;
/// usage.record(&target, &allow_list.evaluate(&target));
///
/// let unused: Vec<_> = usage.unused(&allow_list).map(|rule| rule.entry()).collect();
/// assert_eq!(unused, ["http://localhost:8080"]);
/// assert_eq!(usage.sufficient().collect::<Vec<_>>(), ["https://api.example.com"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Usage {
    used: BTreeSet<(HostList, String)>,
    sufficient: BTreeSet<String>,
    /// The permitted requests that were recorded, at most [`MAX_SUFFICIENT`]: a guest calls the same upstreams repeatedly.
    known: HashSet<Permitted>,
}

/// The properties of a permitted request that determine its entries: the rule, the origin, and whether it is a self
/// request.
type Permitted = (HostList, String, Option<Origin>, bool);

impl Usage {
    /// Records the decision about `target`. A denied request is ignored.
    pub fn record(&mut self, target: &Target, decision: &Decision<'_>) {
        match decision {
            Decision::Allow(rule) => {
                let permitted = (
                    rule.list(),
                    rule.entry().to_owned(),
                    target.origin().cloned(),
                    target.is_self(),
                );
                if self.known.contains(&permitted) {
                    return;
                }
                if self.known.len() < MAX_SUFFICIENT {
                    self.known.insert(permitted);
                }
                // `http://a*b/` cannot be listed, so the entry that permitted it is the narrowest one.
                let entry = entry_permitting(target, rule.list())
                    .unwrap_or_else(|| rule.entry().to_owned());
                if self.sufficient.len() < MAX_SUFFICIENT {
                    self.sufficient.insert(entry);
                }
                self.used.insert((rule.list(), rule.entry().to_owned()));
            }
            Decision::Deny(_) => {}
        }
    }

    /// Returns the rules of `allow_list` that no decision named, in the order of the list.
    ///
    /// If several rules permit the same request, only the rule that the decision named counts as used.
    pub fn unused<'a>(&self, allow_list: &'a AllowList) -> impl Iterator<Item = &'a Rule> {
        allow_list.rules().filter(|rule| {
            let entry = (rule.list(), rule.entry().to_owned());
            !self.used.contains(&entry)
        })
    }

    /// Returns the least-privilege list, sorted: entries that permit the recorded requests and no other URI host.
    ///
    /// Each entry has the grammar of the list that permitted the request. A list of [`MAX_SUFFICIENT`] entries may be
    /// incomplete.
    pub fn sufficient(&self) -> impl Iterator<Item = &str> {
        self.sufficient.iter().map(String::as_str)
    }
}
