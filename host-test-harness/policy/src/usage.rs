//! What was called: which entries were needed, and which would have been enough.

use std::collections::{BTreeSet, HashSet};

use crate::allow_list::{AllowList, entry_permitting};
use crate::decision::Decision;
use crate::host_list::HostList;
use crate::origin::Origin;
use crate::rule::Rule;
use crate::target::Target;

/// How many entries [`Usage::sufficient`] has at most: 1,000. Nobody writes a longer list.
pub const MAX_SUFFICIENT: usize = 1_000;

/// What was called under an allow-list.
///
/// Is told of each decision, and says afterwards which entries were never used and which list would
/// have been enough. Keeps one short text for each origin that was permitted, at most
/// [`MAX_SUFFICIENT`], since a guest chooses what it calls.
///
/// ```
/// use outbound_policy::{AllowList, Target, Usage};
///
/// let entries = ["https://*.example.com", "http://localhost:8080"];
/// let allow_list = AllowList::from_allowed_outbound_hosts(entries, |_| None)?;
/// let mut usage = Usage::default();
///
/// let target = Target::parse("https://api.example.com/v1", None)?;
/// usage.record(&target, &allow_list.decide(&target));
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
    /// What was recorded, at most [`MAX_SUFFICIENT`]: a guest calls the same upstreams again and again.
    known: HashSet<Permitted>,
}

/// All on which it depends what a permitted request adds: the rule, the origin, and whether it is a self request.
type Permitted = (HostList, String, Option<Origin>, bool);

impl Usage {
    /// Takes note of a decision about `target`. A denied request counts for nothing.
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
                // `http://a*b/` cannot be listed; what permits it is then what it takes.
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

    /// The rules of `allow_list` that no decision named, in its order.
    ///
    /// Of several that permit the same request, only the one that the decision named was used.
    pub fn unused<'a>(&self, allow_list: &'a AllowList) -> impl Iterator<Item = &'a Rule> {
        allow_list.rules().filter(|rule| {
            let entry = (rule.list(), rule.entry().to_owned());
            !self.used.contains(&entry)
        })
    }

    /// The least-privilege list: the entries that permit what was called and no other URI host, sorted.
    ///
    /// Each is in the grammar of the list that permitted the request. If there are [`MAX_SUFFICIENT`], more
    /// was called.
    pub fn sufficient(&self) -> impl Iterator<Item = &str> {
        self.sufficient.iter().map(String::as_str)
    }
}
