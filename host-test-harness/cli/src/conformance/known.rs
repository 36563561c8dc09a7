//! Differences that are known of a host or a language, and checked both ways.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Verdict;
use super::error::{Error, read};

/// What is known to be otherwise than the scenarios say, by the scenario's name.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownDifferences {
    /// What they are known of, such as `Spin 4.1`.
    pub about: String,
    /// Header fields, in lower case, that every request gains on its way. They are not looked at where a
    /// scenario does not name them.
    #[serde(default)]
    pub added_request_fields: Vec<String>,
    /// What happens instead, by the name of the scenario.
    pub differences: BTreeMap<String, String>,
}

impl KnownDifferences {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read, [`Error::InvalidFile`] if it is not such a file;
    /// the message names file, line and column.
    pub fn read(path: &Path) -> Result<Self, Error> {
        read(path, |bytes| serde_json::from_slice(bytes))
    }

    /// A name that is not among `scenarios`: it can never be checked.
    #[must_use]
    pub fn unknown<'a>(&'a self, scenarios: &[&str]) -> Option<&'a str> {
        let mut names = self.differences.keys().map(String::as_str);
        names.find(|name| !scenarios.contains(name))
    }

    /// The verdict in the light of what is known: a difference that is known does not fail, and one
    /// that has vanished does.
    pub(super) fn judge(&self, scenario: &str, verdict: Verdict) -> Verdict {
        match (self.differences.get(scenario), verdict) {
            (Some(known), Verdict::Failed(_)) => Verdict::Known(known.clone()),
            (Some(known), Verdict::Passed) => Verdict::Vanished(known.clone()),
            (_, verdict) => verdict,
        }
    }
}
