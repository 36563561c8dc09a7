//! Warnings about valid allow-lists.

use std::fmt;

use crate::display::quoted;
use crate::host_list::HostList;
use crate::rule::Rule;
use crate::scope::{Hosts, NoEffect, Scope};

/// An effect of a valid rule that a user may not expect. `Display` is a sentence.
///
/// ```
/// use outbound_policy::AllowList;
///
/// let list = AllowList::from_allowed_outbound_hosts(["https://*.test", "https://api.test", "redis://db.test"], |_| None)?;
/// let codes: Vec<_> = list.warnings().map(|warning| (warning.rule().entry(), warning.code())).collect();
/// assert_eq!(codes, [("https://api.test", "covered"), ("redis://db.test", "other-scheme")]);
/// # Ok::<(), outbound_policy::InvalidEntries>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning<'a> {
    /// The entry is `insecure:allow-all` or `*://*:*`.
    PermitsEverything(&'a Rule),
    /// The host of the entry is `*`, which includes the application itself and hosts of the harness's own network.
    PermitsEveryHost(&'a Rule),
    /// The entry permits nothing, for the given reason.
    PermitsNothing(&'a Rule, NoEffect),
    /// The entry has a scheme, which does not restrict: both http and https are permitted.
    SchemeDoesNotRestrict(&'a Rule),
    /// The entry is `self` with a port, which does not restrict.
    PortDoesNotRestrict(&'a Rule),
    /// The entry has an address with a prefix length, and permits the whole network.
    WiderNetwork(&'a Rule),
    /// Another entry permits every request that the entry permits.
    Covered {
        /// The redundant rule.
        rule: &'a Rule,
        /// The first rule that permits the same requests.
        by: &'a Rule,
    },
}

impl<'a> Warning<'a> {
    /// The rule that the warning is about.
    pub fn rule(&self) -> &'a Rule {
        match self {
            Self::PermitsEverything(rule)
            | Self::PermitsEveryHost(rule)
            | Self::PermitsNothing(rule, _)
            | Self::SchemeDoesNotRestrict(rule)
            | Self::PortDoesNotRestrict(rule)
            | Self::WiderNetwork(rule)
            | Self::Covered { rule, .. } => rule,
        }
    }

    /// The rule that makes this rule redundant; `None` unless the warning is [`Warning::Covered`].
    pub fn covered_by(&self) -> Option<&'a Rule> {
        match self {
            Self::Covered { by, .. } => Some(by),
            Self::PermitsEverything(_)
            | Self::PermitsEveryHost(_)
            | Self::PermitsNothing(..)
            | Self::SchemeDoesNotRestrict(_)
            | Self::PortDoesNotRestrict(_)
            | Self::WiderNetwork(_) => None,
        }
    }

    /// A stable code for programs: words joined by `-`, such as `permits-everything`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PermitsEverything(_) => "permits-everything",
            Self::PermitsEveryHost(_) => "permits-every-host",
            Self::PermitsNothing(_, NoEffect::OtherScheme) => "other-scheme",
            Self::PermitsNothing(_, NoEffect::EmptyVariables) => "empty-variables",
            Self::PermitsNothing(_, NoEffect::NoPort) => "no-port",
            Self::SchemeDoesNotRestrict(_) => "scheme-does-not-restrict",
            Self::PortDoesNotRestrict(_) => "port-does-not-restrict",
            Self::WiderNetwork(_) => "wider-network",
            Self::Covered { .. } => "covered",
        }
    }
}

/// Returns the warnings about `rules`, in their order.
pub(crate) fn about(rules: &[Rule]) -> impl Iterator<Item = Warning<'_>> {
    rules.iter().enumerate().flat_map(|(position, rule)| {
        let covered = covering(rules, position).map(|by| Warning::Covered { rule, by });
        about_rule(rule).into_iter().chain(covered)
    })
}

fn about_rule(rule: &Rule) -> Option<Warning<'_>> {
    let scope = rule.scope();
    let has_idle_scheme = rule.list() == HostList::AllowedHttpHosts && rule.entry().contains("://");
    match scope {
        Scope::Nothing(reason) => Some(Warning::PermitsNothing(rule, *reason)),
        _ if scope.is_everything() => Some(Warning::PermitsEverything(rule)),
        _ if has_idle_scheme => Some(Warning::SchemeDoesNotRestrict(rule)),
        Scope::OwnApplication { has_port } => {
            has_port.then_some(Warning::PortDoesNotRestrict(rule))
        }
        Scope::Hosts { hosts, .. } => match hosts {
            Hosts::Any => Some(Warning::PermitsEveryHost(rule)),
            Hosts::Network(network) => {
                (network.trunc() != *network).then_some(Warning::WiderNetwork(rule))
            }
            Hosts::Subdomains(_) | Hosts::Components | Hosts::Exactly(_) => None,
        },
    }
}

/// Returns the first other rule that permits every request that the rule at `position` permits.
/// Of two equal rules, the later one is redundant.
///
/// A rule that permits everything would cover every other rule. It has its own warning.
fn covering(rules: &[Rule], position: usize) -> Option<&Rule> {
    let rule = rules.get(position)?;
    let covers = |(other_position, other): &(usize, &Rule)| {
        let is_later_alike = *other_position > position && rule.scope().covers(other.scope());
        *other_position != position
            && !other.scope().is_everything()
            && other.scope().covers(rule.scope())
            && !is_later_alike
    };
    rules
        .iter()
        .enumerate()
        .find(covers)
        .map(|(_, other)| other)
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = quoted(self.rule().entry());
        match self {
            Self::PermitsEverything(_) => write!(
                f,
                "{entry} permits every http and https request; list the hosts instead"
            ),
            Self::PermitsEveryHost(_) => write!(
                f,
                "{entry} permits every URI host, including hosts of your own network, and requests to the \
                 application itself; list the hosts instead"
            ),
            Self::PermitsNothing(_, reason) => write!(f, "{entry} permits nothing: {reason}"),
            Self::SchemeDoesNotRestrict(rule) => write!(
                f,
                "{entry} permits both http and https: the scheme of an entry of `{}` does not restrict; remove it",
                rule.list().manifest_key()
            ),
            Self::PortDoesNotRestrict(rule) => write!(
                f,
                "{entry} permits requests to the application itself, and its port does not restrict; use `{}` instead",
                rule.list().own_application()
            ),
            Self::WiderNetwork(rule) => write!(
                f,
                "{entry} permits {}; use the first address of the network, or a longer prefix",
                rule.scope()
            ),
            Self::Covered { by, .. } => write!(
                f,
                "{entry} is redundant: {} already permits its requests; remove one of the two",
                quoted(by.entry())
            ),
        }
    }
}
