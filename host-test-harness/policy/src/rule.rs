//! One entry of an allow-list.

use std::cell::RefCell;
use std::fmt;

use crate::display::quoted;
use crate::evaluation::Evaluation;
use crate::host_list::HostList;
use crate::invalid_entry::{InvalidEntry, InvalidEntryKind};
use crate::scope::{NoEffect, Scope};
use crate::target::Target;
use crate::template;

/// One entry of an allow-list. `Display` is a sentence about the requests that it permits.
///
/// ```
/// use outbound_policy::AllowList;
///
/// let list = AllowList::from_allowed_outbound_hosts(["https://*.api.test:8000..9000"], |_| None)?;
/// let sentences: Vec<_> = list.rules().map(|rule| rule.to_string()).collect();
/// assert_eq!(
///     sentences,
///     ["`https://*.api.test:8000..9000` permits https requests to every subdomain of api.test on ports 8000 to 8999"],
/// );
/// # Ok::<(), outbound_policy::InvalidEntries>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    list: HostList,
    entry: String,
    variables: Vec<(String, String)>,
    scope: Scope,
}

impl Rule {
    /// Parses an entry without variables.
    pub(crate) fn parse(list: HostList, entry: &str) -> Result<Self, InvalidEntry> {
        let scope = list
            .parse(entry)
            .map_err(|kind| InvalidEntry::new(list, entry, kind))?;
        Ok(Self::new(list, entry, scope))
    }

    /// Replaces the `{{ variables }}` of an entry by their values, and parses the result.
    ///
    /// An entry that is empty after that permits nothing, as in Spin: an endpoint can be optional.
    pub(crate) fn parse_template(
        list: HostList,
        entry: &str,
        variables: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidEntry> {
        let invalid = |kind: InvalidEntryKind| InvalidEntry::new(list, entry, kind);
        let used = RefCell::new(Vec::new());
        let value = |name: &str| {
            let value = variables(name)?;
            used.borrow_mut().push((name.to_owned(), value.clone()));
            Some(value)
        };
        let Some(expanded) = template::expand(entry, value).map_err(invalid)? else {
            return Self::parse(list, entry);
        };
        let scope = if ["", "http://", "https://"].contains(&expanded.as_str()) {
            Scope::Nothing(NoEffect::EmptyVariables)
        } else {
            list.parse(&expanded)
                .map_err(|kind| invalid(kind).expanded_to(&expanded))?
        };
        Ok(Self {
            variables: used.into_inner(),
            ..Self::new(list, entry, scope)
        })
    }

    fn new(list: HostList, entry: &str, scope: Scope) -> Self {
        Self {
            list,
            entry: entry.to_owned(),
            variables: Vec::new(),
            scope,
        }
    }

    /// The entry as the user wrote it, variables included.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The names and values of the variables in the entry, in the order in which it has them. Values may be secret.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (&**name, &**value))
    }

    /// The list that the entry belongs to.
    pub fn list(&self) -> HostList {
        self.list
    }

    /// Evaluates `target` against this rule alone.
    pub fn evaluate(&self, target: &Target) -> Evaluation {
        self.scope.evaluate(target)
    }

    pub(crate) fn permits(&self, target: &Target) -> bool {
        self.evaluate(target) == Evaluation::Permits
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} permits {}", quoted(&self.entry), self.scope)
    }
}
