//! The rules of a component.

use url::Position;

use crate::decision::{Decision, Denial, DenialReason};
use crate::host_list::HostList;
use crate::invalid_entry::{InvalidEntries, InvalidEntry};
use crate::judgement::Judgement;
use crate::origin::Origin;
use crate::rule::Rule;
use crate::target::Target;
use crate::warning::{self, Warning};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    /// The list that a denial names if there are no rules.
    list: HostList,
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
        Self::read(HostList::AllowedHttpHosts, entries, Rule::parse)
    }

    /// Reads the entries of `allowed_outbound_hosts` (manifest version 2) or `--allow-outbound-host`.
    ///
    /// An entry is `scheme://host[:port]`, and permits what matches all three.
    ///
    /// | part | is |
    /// |---|---|
    /// | scheme | `http`, `https`, or `*` for both. Another scheme is valid and permits nothing here |
    /// | host | a name, an address, a network (`10.0.0.0/8`, `2001:db8::/32`: addresses that stand in a URL), `*.example.com` (subdomains of any depth), `*` (every host, and `self`), `self` (the application itself), `stock.spin.internal` (a component), `*.spin.internal` (every component) |
    /// | port | a number, a range without its end (`8000..9000`), `*`, or left out for the scheme's default |
    ///
    /// `{{ name }}` stands for the value of a variable, by `variables`.
    /// An entry of which that leaves nothing, `http://` or `https://` permits nothing, as in Spin.
    /// URI hosts compare after WHATWG normalisation.
    ///
    /// # Errors
    ///
    /// [`InvalidEntries`] with every entry that is none of these, or names a variable that has no value.
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
    ///     matches!(list.decide(&target), Decision::Allow(_))
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
        Self::read(HostList::AllowedOutboundHosts, entries, |list, entry| {
            Rule::parse_template(list, entry, &variables)
        })
    }

    fn read<I>(
        list: HostList,
        entries: I,
        parse: impl Fn(HostList, &str) -> Result<Rule, InvalidEntry>,
    ) -> Result<Self, InvalidEntries>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let (mut rules, mut invalid) = (Vec::new(), Vec::new());
        for entry in entries {
            match parse(list, entry.as_ref()) {
                Ok(rule) => rules.push(rule),
                Err(error) => invalid.push(error),
            }
        }
        match InvalidEntries::new(list, invalid) {
            Some(invalid) => Err(invalid),
            None => Ok(Self { list, rules }),
        }
    }

    /// The list without rules, which is also the default. Its denials name `allowed_outbound_hosts`.
    pub fn deny_all() -> Self {
        Self::default()
    }

    /// The list with the rules of both, those of `self` first.
    ///
    /// A denial names the list of the first rule; if there is none, that of `self`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self
    }

    /// The rules, in the order of the list.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// May `target` be requested?
    ///
    /// The rule that is named is the first that permits `target`;
    /// `insecure:allow-all` or `*://*:*` is named only if no other does. No rule permits an upstream to
    /// redirect a guest to a name of its own application ([`Target::is_own_name_from_outside`]).
    pub fn decide(&self, target: &Target) -> Decision<'_> {
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

    /// What a user should know about these rules, in the order of the list.
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
            // Without path and query, which may hold secrets.
            denied: target.url()[..Position::BeforePath].to_owned(),
            reason,
            entry_to_add: entry_permitting(target, list).filter(|_| !is_from_outside),
        }
    }

    fn nearest_miss(&self, target: &Target) -> DenialReason {
        let missed_by = |judgement: Judgement| -> Option<Vec<String>> {
            let rules = self.rules.iter();
            let misses = rules.filter(|rule| rule.judge(target) == judgement);
            let entries: Vec<_> = misses.map(|rule| rule.entry().to_owned()).collect();
            (!entries.is_empty()).then_some(entries)
        };
        if let Some(entries) = missed_by(Judgement::OtherPort) {
            DenialReason::PortNotListed { entries }
        } else if let Some(entries) = missed_by(Judgement::OtherScheme) {
            DenialReason::SchemeNotListed { entries }
        } else if let Some(entries) = missed_by(Judgement::SubdomainsOnly) {
            DenialReason::SubdomainsOnlyListed { entries }
        } else {
            DenialReason::HostNotListed
        }
    }
}

/// The shortest entry of `list` that permits `target` and no other URI host.
/// A URI host such as `a*b` cannot be listed, nor can port 0.
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
