//! One value or several, as a mock file writes them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Names with one or several values each.
pub(super) type NamedValues = BTreeMap<String, Values>;

/// A text, or a list of texts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "want a text, or a list of texts")]
pub(super) enum Values {
    One(String),
    Several(Vec<String>),
}

impl Values {
    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(value) => std::slice::from_ref(value).iter(),
            Self::Several(values) => values.iter(),
        }
    }
}

/// Each name with each of its values.
pub(super) fn pairs(values: &NamedValues) -> impl Iterator<Item = (&str, &str)> {
    values
        .iter()
        .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
}
