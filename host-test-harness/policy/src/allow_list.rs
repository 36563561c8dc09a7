//! The allow-list of a component.

use url::Position;

use crate::decision::{Decision, Denial, DenialReason};
use crate::evaluation::Evaluation;
use crate::host_list::HostList;
use crate::invalid_entry::{InvalidEntries, InvalidEntry};
use crate::origin::Origin;
use crate::rule::Rule;
use crate::target::Target;
use crate::warning::{self, Warning};

/// The rules that permit a component to request targets. A target that no rule permits is denied.
///
/// ```
/// use outbound_policy::{AllowList, Decision, Target};
///
/// let allow_list = AllowList::from_allowed_http_hosts(["api.test:8080"])?;
/// let is_allowed = |uri: &str| {
///     let target = Target::parse(uri, None).expect("a valid URI");
///     matches!(allow_list.evaluate(&target), Decision::Allow(_))
/// };
/// assert!(is_allowed("http://api.test:8080/v1"));
/// assert!(!is_allowed("http://api.test/v1"));
///
/// let error = AllowList::from_allowed_http_hosts(["*", "api.test/v1"]).expect_err("both are invalid");
/// assert_eq!(error.entries().len(), 2);
/// # Ok::<(), outbound_policy::InvalidEntries>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    /// The list that a denial names if the list has no rules.
    list: HostList,
    rules: Vec<Rule>,
}

impl AllowList {
    /// Parses the entries of `allowed_http_hosts` (manifest version 1) or `--allow-http-host`.
    ///
    /// | entry | permits |
    /// |---|---|
    /// | `api.test` | port 80 for http, 443 for https |
    /// | `api.test:8080` | that port, for http and https; also `:80` and `:443` permit that port only |
    /// | `http://api.test`, `https://api.test:8080/` | the same as without the scheme: the scheme does not restrict |
    /// | `self` | `/path`, `http://self/path`, `https://self/path` |
    /// | `insecure:allow-all` | every http and https request |
    ///
    /// URI hosts are compared after WHATWG normalisation.
    ///
    /// # Errors
    ///
    /// [`InvalidEntries`] lists every entry that has none of these forms.
    /// Entries beside `insecure:allow-all` are checked too.
    pub fn from_allowed_http_hosts<I>(entries: I) -> Result<Self, InvalidEntries>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        Self::parse(HostList::AllowedHttpHosts, entries, Rule::parse)
    }

    /// Parses the entries of `allowed_outbound_hosts` (manifest version 2) or `--allow-outbound-host`.
    ///
    /// An entry is `scheme://host[:port]`, and permits a request that matches all three parts.
    ///
    /// | part | values |
    /// |---|---|
    /// | scheme | `http`, `https`, or `*` for both. Any other scheme is valid and permits nothing here |
    /// | host | a name; an address; a network (`10.0.0.0/8`, `2001:db8::/32`), which matches an address in the URL; `*.example.com` (subdomains of any depth); `*` (every host, and `self`); `self` (the application itself); `stock.spin.internal` (a component); `*.spin.internal` (every component) |
    /// | port | a number, a range without its end (`8000..9000`), or `*`. Defaults to the scheme's default port |
    ///
    /// `{{ name }}` is replaced by the value that `variables` returns for the name.
    /// An entry permits nothing, as in Spin, if the result is empty, `http://` or `https://`.
    /// URI hosts are compared after WHATWG normalisation.
    ///
    /// # Errors
    ///
    /// [`InvalidEntries`] lists every entry that has another form or names a variable without a value.
    ///
    /// # Examples
    ///
    /// ```
    /// use outbound_policy::{AllowList, Decision, Target};
    ///
    /// let variables = |name: &str| (name == "api_host").then(|| "api.test".to_owned());
    /// let list = AllowList::from_allowed_outbound_hosts(["https://{{ api_host }}", "http://10.0.0.0/8:*"], variables)?;
    /// let is_allowed = |uri: &str| {
    ///     let target = Target::parse(uri, None).expect("a valid URI");
    ///     matches!(list.evaluate(&target), Decision::Allow(_))
    /// };
    /// assert!(is_allowed("https://api.test/v1"));
    /// assert!(!is_allowed("http://api.test/v1"));
    /// assert!(is_allowed("http://10.1.2.3:8080/"));
    /// # Ok::<(), outbound_policy::InvalidEntries>(())
    /// ```
    pub fn from_allowed_outbound_hosts<I>(
        entries: I,
        variables: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidEntries>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        Self::parse(HostList::AllowedOutboundHosts, entries, |list, entry| {
            Rule::parse_template(list, entry, &variables)
        })
    }

    fn parse<I>(
        list: HostList,
        entries: I,
        parse_entry: impl Fn(HostList, &str) -> Result<Rule, InvalidEntry>,
    ) -> Result<Self, InvalidEntries>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let (mut rules, mut invalid) = (Vec::new(), Vec::new());
        for entry in entries {
            match parse_entry(list, entry.as_ref()) {
                Ok(rule) => rules.push(rule),
                Err(error) => invalid.push(error),
            }
        }
        match InvalidEntries::new(list, invalid) {
            Some(invalid) => Err(invalid),
            None => Ok(Self { list, rules }),
        }
    }

    /// Returns the default: a list without rules. Its denials name `allowed_outbound_hosts`.
    pub fn deny_all() -> Self {
        Self::default()
    }

    /// Combines two lists: the rules of `self`, then the rules of `other`.
    ///
    /// A denial names the list of the first rule, or the list of `self` if neither has a rule.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self
    }

    /// The rules, in the order of the list.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Decides whether `target` may be requested.
    ///
    /// [`Decision::Allow`] holds the first rule that permits `target`;
    /// it holds `insecure:allow-all` or `*://*:*` only if no other rule permits it. No rule permits an upstream to
    /// redirect a guest to a name of the guest's own application ([`Target::is_own_name_from_outside`]).
    pub fn evaluate(&self, target: &Target) -> Decision<'_> {
        if target.is_own_name_from_outside() {
            return Decision::Deny(self.denial(target));
        }
        let permitting = || self.rules.iter().filter(|rule| rule.permits(target));
        let specific = permitting().find(|rule| !rule.scope().is_everything());
        match specific.or_else(|| permitting().next()) {
            Some(rule) => Decision::Allow(rule),
            None => Decision::Deny(self.denial(target)),
        }
    }

    /// Returns the warnings about these rules, in the order of the list.
    pub fn warnings(&self) -> impl Iterator<Item = Warning<'_>> {
        warning::about(&self.rules)
    }

    /// The list that denials name.
    fn named_list(&self) -> HostList {
        self.rules.first().map_or(self.list, Rule::list)
    }

    fn denial(&self, target: &Target) -> Denial {
        let list = self.named_list();
        let is_from_outside = target.is_own_name_from_outside();
        let reason = match target.origin() {
            None => DenialReason::SchemeNotHttp,
            Some(_) if is_from_outside => DenialReason::OwnNameFromOutside,
            Some(_) if target.is_self() => DenialReason::SelfNotListed,
            Some(_) => self.nearest_miss(target),
        };
        Denial {
            list,
            // The path and the query may hold secrets.
            denied: target.url()[..Position::BeforePath].to_owned(),
            reason,
            entry_to_add: entry_permitting(target, list).filter(|_| !is_from_outside),
        }
    }

    fn nearest_miss(&self, target: &Target) -> DenialReason {
        let missed_by = |evaluation: Evaluation| -> Option<Vec<String>> {
            let rules = self.rules.iter();
            let misses = rules.filter(|rule| rule.evaluate(target) == evaluation);
            let entries: Vec<_> = misses.map(|rule| rule.entry().to_owned()).collect();
            (!entries.is_empty()).then_some(entries)
        };
        if let Some(entries) = missed_by(Evaluation::OtherPort) {
            DenialReason::PortNotListed { entries }
        } else if let Some(entries) = missed_by(Evaluation::OtherScheme) {
            DenialReason::SchemeNotListed { entries }
        } else if let Some(entries) = missed_by(Evaluation::SubdomainsOnly) {
            DenialReason::SubdomainsOnlyListed { entries }
        } else {
            DenialReason::HostNotListed
        }
    }
}

/// The shortest entry of `list` that permits `target` and no other URI host.
/// `None` for a URI host such as `a*b` and for port 0, which no entry can name.
pub(crate) fn entry_permitting(target: &Target, list: HostList) -> Option<String> {
    let origin = target.origin()?;
    let entry = match list {
        _ if target.is_self() => list.own_application().to_owned(),
        HostList::AllowedHttpHosts => shortest_authority(origin),
        HostList::AllowedOutboundHosts => origin.to_string(),
    };
    let rule = Rule::parse(list, &entry).ok()?;
    rule.permits(target).then_some(entry)
}

fn shortest_authority(origin: &Origin) -> String {
    if origin.port() == origin.scheme().default_port() {
        origin.host().to_string()
    } else {
        format!("{}:{}", origin.host(), origin.port())
    }
}
