//! What a user should know about a valid allow-list.

use std::fmt;

use crate::quoted::quoted;
use crate::rule::Rule;

/// Something that a valid rule does, and that a user may not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning<'a> {
    /// The entry has a scheme, which does not restrict: the other of http and https is permitted too.
    SchemeDoesNotRestrict(&'a Rule),
    /// The entry is `insecure:allow-all`.
    PermitsEverything(&'a Rule),
}

impl<'a> Warning<'a> {
    pub(crate) fn about(rule: &'a Rule) -> Option<Self> {
        if rule.permits_everything() {
            Some(Self::PermitsEverything(rule))
        } else if rule.has_scheme() {
            Some(Self::SchemeDoesNotRestrict(rule))
        } else {
            None
        }
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchemeDoesNotRestrict(rule) => write!(
                f,
                "{} permits http and https alike: in `allowed_http_hosts` a scheme does not restrict; \
                 leave it out to say what holds",
                quoted(rule.entry())
            ),
            Self::PermitsEverything(rule) => write!(
                f,
                "{} permits every http and https request; list the hosts instead",
                quoted(rule.entry())
            ),
        }
    }
}
