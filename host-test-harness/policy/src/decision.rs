//! The decision of an allow-list about a target.

use std::fmt;

use crate::display::{quoted, shell_word};
use crate::host_list::HostList;
use crate::rule::Rule;

/// The decision of an allow-list about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// This rule permits the request.
    Allow(&'a Rule),
    /// The request is denied: nothing may be sent.
    Deny(Denial),
}

/// Why a target is denied, and the entry that would permit it. `Display` is a sentence for the host's log.
///
/// ```
/// use outbound_policy::{AllowList, Decision, Target};
///
/// let target = Target::parse("https://api.test/", None)?;
/// let Decision::Deny(denial) = AllowList::deny_all().evaluate(&target) else { panic!("nothing is listed") };
/// assert_eq!(
///     denial.to_string(),
///     "`https://api.test` is denied: no entry of `allowed_outbound_hosts` names this URI host; \
///      to permit it, add \"https://api.test\" to `allowed_outbound_hosts` in the manifest, \
///      or pass `--allow-outbound-host https://api.test`",
/// );
/// # Ok::<(), outbound_policy::InvalidUri>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    pub(crate) list: HostList,
    pub(crate) denied: String,
    pub(crate) reason: DenialReason,
    pub(crate) entry_to_add: Option<String>,
}

/// The reason of a [`Denial`]. `entries` are the nearest misses, as the user wrote them, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialReason {
    /// The scheme is neither http nor https; no entry permits it.
    SchemeNotHttp,
    /// An upstream redirected the guest to a name of the guest's own application; no entry permits it.
    OwnNameFromOutside,
    /// The request is to the application itself, and no entry permits that.
    SelfNotListed,
    /// No entry names the URI host.
    HostNotListed,
    /// Entries name the subdomains of the URI host, and not the URI host itself.
    SubdomainsOnlyListed {
        /// The nearest misses.
        entries: Vec<String>,
    },
    /// Entries name the URI host, but for the other of http and https.
    SchemeNotListed {
        /// The nearest misses.
        entries: Vec<String>,
    },
    /// Entries name the URI host, but with other ports.
    PortNotListed {
        /// The nearest misses.
        entries: Vec<String>,
    },
}

impl DenialReason {
    /// A stable code for programs: words joined by `-`, such as `host-not-listed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SchemeNotHttp => "scheme-not-http",
            Self::OwnNameFromOutside => "own-name-from-outside",
            Self::SelfNotListed => "self-not-listed",
            Self::HostNotListed => "host-not-listed",
            Self::SubdomainsOnlyListed { .. } => "subdomains-only-listed",
            Self::SchemeNotListed { .. } => "scheme-not-listed",
            Self::PortNotListed { .. } => "port-not-listed",
        }
    }

    /// The nearest misses, as the user wrote them, in the order of the list; empty if no entry is near.
    pub fn nearest(&self) -> &[String] {
        match self {
            Self::SchemeNotHttp
            | Self::OwnNameFromOutside
            | Self::SelfNotListed
            | Self::HostNotListed => &[],
            Self::SubdomainsOnlyListed { entries }
            | Self::SchemeNotListed { entries }
            | Self::PortNotListed { entries } => entries,
        }
    }
}

impl Denial {
    /// The reason.
    pub fn reason(&self) -> &DenialReason {
        &self.reason
    }

    /// The list that [`Denial::entry_to_add`] belongs to.
    pub fn list(&self) -> HostList {
        self.list
    }

    /// The shortest entry of [`Denial::list`] that permits the target and no other URI host.
    /// `None` if no such entry exists.
    pub fn entry_to_add(&self) -> Option<&str> {
        self.entry_to_add.as_deref()
    }

    fn write_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (denied, key) = (quoted(&self.denied), self.list.manifest_key());
        match &self.reason {
            DenialReason::SchemeNotHttp => write!(
                f,
                "{denied} is denied: only http and https requests can be permitted"
            ),
            DenialReason::OwnNameFromOutside => write!(
                f,
                "{denied} is denied: an upstream redirected the guest to it, and only the application itself may use this name"
            ),
            // The URL shows the self origin, which the allow-list does not evaluate.
            DenialReason::SelfNotListed => write!(
                f,
                "a request to the application itself is denied: no entry of `{key}` permits it"
            ),
            DenialReason::HostNotListed => {
                write!(
                    f,
                    "{denied} is denied: no entry of `{key}` names this URI host"
                )
            }
            DenialReason::SubdomainsOnlyListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists only subdomains of this URI host ({})",
                all_quoted(entries)
            ),
            DenialReason::SchemeNotListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists this URI host only for another scheme ({})",
                all_quoted(entries)
            ),
            DenialReason::PortNotListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists this URI host only with other ports ({}; {})",
                all_quoted(entries),
                match self.list {
                    HostList::AllowedHttpHosts =>
                        "an entry without a port permits 80 for http and 443 for https",
                    HostList::AllowedOutboundHosts =>
                        "an entry without a port permits the default port of its scheme",
                }
            ),
        }
    }
}

fn all_quoted(entries: &[String]) -> String {
    let entries: Vec<_> = entries.iter().map(|entry| quoted(entry)).collect();
    entries.join(", ")
}

/// A sentence for the person who asks: the entry that permits the request, or the [`Denial`].
impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(rule) => write!(f, "allowed by `{}`", rule.entry()),
            Self::Deny(denial) => denial.fmt(f),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_reason(f)?;
        let (key, flag) = (self.list.manifest_key(), self.list.flag());
        match (&self.reason, &self.entry_to_add, self.list) {
            (DenialReason::SchemeNotHttp | DenialReason::OwnNameFromOutside, _, _) => Ok(()),
            (_, Some(entry), _) => write!(
                f,
                "; to permit it, add \"{entry}\" to `{key}` in the manifest, or pass `{flag} {}`",
                shell_word(entry)
            ),
            (_, None, HostList::AllowedHttpHosts) => {
                f.write_str("; only `insecure:allow-all` permits it")
            }
            (_, None, HostList::AllowedOutboundHosts) => {
                f.write_str("; only an entry with `*` as its host or port permits it")
            }
        }
    }
}
