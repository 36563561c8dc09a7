//! What a user should know about a valid allow-list.

use std::fmt;

use crate::host_list::HostList;
use crate::quoted::quoted;
use crate::rule::Rule;
use crate::scope::{NoEffect, Scope};

/// Something that a valid rule does, and that a user may not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning<'a> {
    /// The entry has a scheme, which does not restrict: the other of http and https is permitted too.
    SchemeDoesNotRestrict(&'a Rule),
    /// The entry is `insecure:allow-all` or `*://*:*`.
    PermitsEverything(&'a Rule),
    /// The entry permits nothing, for this reason.
    PermitsNothing(&'a Rule, NoEffect),
}

/// All warnings about `rules`, in their order.
pub(crate) fn about(rules: &[Rule]) -> impl Iterator<Item = Warning<'_>> {
    rules.iter().filter_map(about_rule)
}

fn about_rule(rule: &Rule) -> Option<Warning<'_>> {
    match rule.scope() {
        Scope::Nothing(reason) => Some(Warning::PermitsNothing(rule, *reason)),
        scope if scope.is_everything() => Some(Warning::PermitsEverything(rule)),
        Scope::OwnApplication { .. } | Scope::Hosts { .. } => {
            let has_idle_scheme =
                rule.list() == HostList::AllowedHttpHosts && rule.entry().contains("://");
            has_idle_scheme.then_some(Warning::SchemeDoesNotRestrict(rule))
        }
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchemeDoesNotRestrict(rule) => write!(
                f,
                "{} permits http and https alike: in `{}` a scheme does not restrict; leave it out to say what holds",
                quoted(rule.entry()),
                rule.list().manifest_key()
            ),
            Self::PermitsEverything(rule) => write!(
                f,
                "{} permits every http and https request; list the hosts instead",
                quoted(rule.entry())
            ),
            Self::PermitsNothing(rule, reason) => {
                write!(f, "{} permits nothing: {reason}", quoted(rule.entry()))
            }
        }
    }
}
