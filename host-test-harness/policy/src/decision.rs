//! What the allow-list says about a target.

use std::fmt;

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
///     "`https://api.test` is denied: no entry of `allowed_http_hosts` names this URI host; \
///      to permit it, add \"api.test\" to `allowed_http_hosts` in the manifest, or give `--allow-http-host api.test`",
/// );
/// # Ok::<(), outbound_policy::InvalidUri>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    pub(crate) denied: String,
    pub(crate) reason: DenialReason,
    pub(crate) entry_to_add: Option<String>,
}

/// Why a target is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialReason {
    /// The scheme is neither http nor https; no entry permits it.
    SchemeNotHttp,
    /// The request is to the application itself, and `self` is not listed.
    SelfNotListed,
    /// No entry names the URI host.
    HostNotListed,
    /// Entries name the URI host, but with other ports.
    PortNotListed {
        /// The nearest misses, as the user wrote them.
        entries: Vec<String>,
    },
}

impl Denial {
    /// Why.
    pub fn reason(&self) -> &DenialReason {
        &self.reason
    }

    /// The shortest entry of `allowed_http_hosts` that permits the target;
    /// `None` if no entry but `insecure:allow-all` does, or none at all.
    pub fn entry_to_add(&self) -> Option<&str> {
        self.entry_to_add.as_deref()
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let denied = quoted(&self.denied);
        match &self.reason {
            DenialReason::SchemeNotHttp => {
                return write!(
                    f,
                    "{denied} is denied: its scheme is neither http nor https, and no entry permits another"
                );
            }
            // Where the request would have gone is not what was judged.
            DenialReason::SelfNotListed => f.write_str(
                "a request to the application itself is denied: `allowed_http_hosts` does not list `self`",
            ),
            DenialReason::HostNotListed => write!(
                f,
                "{denied} is denied: no entry of `allowed_http_hosts` names this URI host"
            ),
            DenialReason::PortNotListed { entries } => {
                let entries: Vec<_> = entries.iter().map(|entry| quoted(entry)).collect();
                write!(
                    f,
                    "{denied} is denied: `allowed_http_hosts` lists this URI host with other ports only ({}; \
                     an entry without a port permits 80 for http and 443 for https)",
                    entries.join(", ")
                )
            }
        }?;
        match &self.entry_to_add {
            Some(entry) => write!(
                f,
                "; to permit it, add \"{entry}\" to `allowed_http_hosts` in the manifest, \
                 or give `--allow-http-host {}`",
                shell_word(entry)
            ),
            None => f.write_str("; only `insecure:allow-all` permits it"),
        }
    }
}
