//! Expected failures of a host or a language. A listed scenario must fail.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{Error, read};
use super::verdict::Verdict;

/// The scenarios that a host or a language is expected to fail.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailures {
    /// The host or language, such as `Spin 4.1`.
    pub about: String,
    /// Names, in lower case, of header fields that the host adds to requests. Where a scenario does not
    /// name such a field, the runner ignores it.
    #[serde(default)]
    pub added_request_fields: Vec<String>,
    /// What happens instead, by the name of the scenario.
    pub failures: BTreeMap<String, String>,
}

impl ExpectedFailures {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be read, [`Error::InvalidFile`] if it is not a valid
    /// expected-failures file; the message names the file, line and column.
    pub fn read(path: &Path) -> Result<Self, Error> {
        read(path, |bytes| serde_json::from_slice(bytes))
    }

    /// The failures of two files, such as that of a language and that of a host. If both list a scenario, the reason
    /// is that of `self`.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        if !self.about.is_empty() && !other.about.is_empty() {
            self.about += ", ";
        }
        self.about += &other.about;
        self.added_request_fields.extend(other.added_request_fields);
        for (scenario, reason) in other.failures {
            self.failures.entry(scenario).or_insert(reason);
        }
        self
    }

    /// The listed names that are not among `scenarios`, and so would never be checked.
    pub fn unknown_names(&self, scenarios: &[&str]) -> impl Iterator<Item = &str> {
        let names = self.failures.keys().map(String::as_str);
        names.filter(|name| !scenarios.contains(name))
    }

    /// Turns the failure of a listed scenario into an expected failure, and its pass into an unexpected
    /// pass. Returns every other verdict unchanged.
    pub(super) fn apply(&self, scenario: &str, verdict: Verdict) -> Verdict {
        match (self.failures.get(scenario), verdict) {
            (Some(reason), Verdict::Failed(_)) => Verdict::ExpectedFailure(reason.clone()),
            (Some(reason), Verdict::Passed) => Verdict::UnexpectedPass(reason.clone()),
            (_, verdict) => verdict,
        }
    }
}
