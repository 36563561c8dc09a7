//! What the allow-list says about a target.

use std::fmt;

use crate::host_list::HostList;
use crate::quoted::{quoted, shell_word};
use crate::rule::Rule;

/// What the allow-list says about a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Permitted, by this rule.
    Allow(&'a Rule),
    /// Not permitted: nothing may be sent.
    Deny(Denial),
}

/// Why a target is denied, and the entry that would permit it. Prints as a sentence for the host's log.
///
/// ```
/// use outbound_policy::{AllowList, Decision, Target};
///
/// let target = Target::parse("https://api.test/", None)?;
/// let Decision::Deny(denial) = AllowList::deny_all().decide(&target) else { panic!("nothing is listed") };
/// assert_eq!(
///     denial.to_string(),
///     "`https://api.test` is denied: no entry of `allowed_outbound_hosts` names this URI host; to permit it, \
///      add \"https://api.test\" to `allowed_outbound_hosts` in the manifest, or, without one, give `--allow-outbound-host https://api.test`",
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

/// Why a target is denied. The entries are the nearest misses, as the user wrote them, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialReason {
    /// The scheme is neither http nor https; no entry permits it.
    SchemeNotHttp,
    /// An upstream redirected to a name by which only the application calls itself; no entry permits it.
    OwnNameFromOutside,
    /// The request is to the application itself, which no entry names.
    SelfNotListed,
    /// No entry names the URI host.
    HostNotListed,
    /// Entries name the subdomains of the URI host only.
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

impl Denial {
    /// Why.
    pub fn reason(&self) -> &DenialReason {
        &self.reason
    }

    /// The list to which [`Denial::entry_to_add`] is to be added.
    pub fn list(&self) -> HostList {
        self.list
    }

    /// The shortest entry of [`Denial::list`] that permits the target and no other URI host;
    /// `None` if there is none.
    pub fn entry_to_add(&self) -> Option<&str> {
        self.entry_to_add.as_deref()
    }

    fn write_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (denied, key) = (quoted(&self.denied), self.list.manifest_key());
        match &self.reason {
            DenialReason::SchemeNotHttp => write!(
                f,
                "{denied} is denied: its scheme is neither http nor https, and no entry permits another"
            ),
            DenialReason::OwnNameFromOutside => write!(
                f,
                "{denied} is denied: an upstream redirected to it, and only the application itself may call by this name"
            ),
            // Where the request would have gone is not what was judged.
            DenialReason::SelfNotListed => write!(
                f,
                "a request to the application itself is denied: `{key}` does not list `{}`",
                self.list.own_application()
            ),
            DenialReason::HostNotListed => {
                write!(
                    f,
                    "{denied} is denied: no entry of `{key}` names this URI host"
                )
            }
            DenialReason::SubdomainsOnlyListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists the subdomains of this URI host and not itself ({})",
                all_quoted(entries)
            ),
            DenialReason::SchemeNotListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists this URI host for another scheme only ({})",
                all_quoted(entries)
            ),
            DenialReason::PortNotListed { entries } => write!(
                f,
                "{denied} is denied: `{key}` lists this URI host with other ports only ({}; {})",
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

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_reason(f)?;
        let (key, flag) = (self.list.manifest_key(), self.list.flag());
        match (&self.reason, &self.entry_to_add, self.list) {
            (DenialReason::SchemeNotHttp | DenialReason::OwnNameFromOutside, _, _) => Ok(()),
            (_, Some(entry), _) => write!(
                f,
                "; to permit it, add \"{entry}\" to `{key}` in the manifest, or, without one, give `{flag} {}`",
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
