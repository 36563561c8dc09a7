//! The rules of a component.

use url::Position;

use crate::decision::{Decision, Denial, DenialReason};
use crate::invalid_entry::{InvalidEntries, InvalidEntry};
use crate::origin::Origin;
use crate::rule::Rule;
use crate::target::{OWN_APPLICATION, Target};
use crate::warning::Warning;

/// The rules that say which targets a component may request. What no rule permits is denied.
///
/// ```
/// use outbound_policy::{AllowList, Decision, Target};
///
/// let allow_list = AllowList::from_allowed_http_hosts(["api.test:8080"])?;
/// let is_allowed = |uri: &str| {
///     let target = Target::parse(uri, None).expect("a valid URI");
///     matches!(allow_list.decide(&target), Decision::Allow(_))
/// };
/// assert!(is_allowed("http://api.test:8080/v1"));
/// assert!(!is_allowed("http://api.test/v1"));
///
/// let error = AllowList::from_allowed_http_hosts(["*", "api.test/v1"]).expect_err("both are invalid");
/// assert_eq!(error.entries().len(), 2);
/// # Ok::<(), outbound_policy::InvalidEntries>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    rules: Vec<Rule>,
}

impl AllowList {
    /// Reads the entries of `allowed_http_hosts` (manifest version 1) or `--allow-http-host`.
    ///
    /// | entry | permits |
    /// |---|---|
    /// | `api.test` | port 80 for http, 443 for https |
    /// | `api.test:8080` | that port, for http and https; a default port too means that port only |
    /// | `http://api.test`, `https://api.test:8080/` | as without the scheme, which does not restrict |
    /// | `self` | `/path`, `http://self/path`, `https://self/path` |
    /// | `insecure:allow-all` | every http and https request |
    ///
    /// URI hosts compare after WHATWG normalisation.
    ///
    /// # Errors
    ///
    /// [`InvalidEntries`] with every entry that is none of these, also beside `insecure:allow-all`.
    pub fn from_allowed_http_hosts<I>(entries: I) -> Result<Self, InvalidEntries>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let (mut rules, mut invalid) = (Vec::new(), Vec::new());
        for entry in entries {
            let entry = entry.as_ref();
            match Rule::from_allowed_http_host(entry) {
                Ok(rule) => rules.push(rule),
                Err(kind) => invalid.push(InvalidEntry::new(entry, kind)),
            }
        }
        match InvalidEntries::new(invalid) {
            Some(invalid) => Err(invalid),
            None => Ok(Self { rules }),
        }
    }

    /// The list without rules, which is also the default.
    pub fn deny_all() -> Self {
        Self::default()
    }

    /// May `target` be requested?
    ///
    /// The rule that is named is the first that permits `target`; `insecure:allow-all` is named only if no other does.
    pub fn decide(&self, target: &Target) -> Decision<'_> {
        let permitting = || self.rules.iter().filter(|rule| rule.permits(target));
        let specific = permitting().find(|rule| !rule.permits_everything());
        match specific.or_else(|| permitting().next()) {
            Some(rule) => Decision::Allow(rule),
            None => Decision::Deny(self.denial(target)),
        }
    }

    /// What a user should know about these rules, in the order of the list.
    pub fn warnings(&self) -> impl Iterator<Item = Warning<'_>> {
        self.rules.iter().filter_map(Warning::about)
    }

    fn denial(&self, target: &Target) -> Denial {
        // Without path and query, which may hold secrets.
        let denied = target.url()[..Position::BeforePath].to_owned();
        let (reason, entry_to_add) = match target.origin() {
            None => (DenialReason::SchemeNotHttp, None),
            Some(origin) if target.is_self() => (
                DenialReason::SelfNotListed,
                entry_permitting(target, origin),
            ),
            Some(origin) => (self.nearest_miss(origin), entry_permitting(target, origin)),
        };
        Denial {
            denied,
            reason,
            entry_to_add,
        }
    }

    fn nearest_miss(&self, origin: &Origin) -> DenialReason {
        let entries: Vec<_> = self
            .rules
            .iter()
            .filter(|rule| rule.names_host_of(origin))
            .map(|rule| rule.entry().to_owned())
            .collect();
        if entries.is_empty() {
            DenialReason::HostNotListed
        } else {
            DenialReason::PortNotListed { entries }
        }
    }
}

/// The shortest entry that permits `target`. A URI host such as `a*b` cannot be listed, nor can port 0.
fn entry_permitting(target: &Target, origin: &Origin) -> Option<String> {
    let entry = if target.is_self() {
        OWN_APPLICATION.to_owned()
    } else if origin.port() == origin.scheme().default_port() {
        origin.host().to_string()
    } else {
        format!("{}:{}", origin.host(), origin.port())
    };
    let rule = Rule::from_allowed_http_host(&entry).ok()?;
    rule.permits(target).then_some(entry)
}
