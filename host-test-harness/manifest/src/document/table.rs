//! Tables, including the root.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{At, File, Value};
use crate::error::{ManifestError, ManifestErrorKind, collect_all};
use crate::nearest::nearest;

/// A table of the document.
#[derive(Debug, Clone)]
pub(crate) struct Table<'d> {
    at: At<'d>,
    entries: &'d DeTable<'d>,
}

impl<'d> Table<'d> {
    pub(crate) fn root(file: &'d File<'d>, entries: &'d DeTable<'d>) -> Self {
        let at = At {
            file,
            key: String::new(),
            start: 0,
        };
        Self { at, entries }
    }

    pub(super) fn new(at: At<'d>, entries: &'d DeTable<'d>) -> Self {
        Self { at, entries }
    }

    pub(crate) fn at(&self) -> &At<'d> {
        &self.at
    }

    /// Returns the value of an optional key.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'d>> {
        self.entries
            .get_key_value(key)
            .map(|(key, value)| self.value(key, value))
    }

    /// Returns the value of a required key; `example` is a line to add.
    pub(crate) fn require(&self, key: &str, example: &str) -> Result<Value<'d>, ManifestError> {
        self.get(key).ok_or_else(|| {
            self.at.error(
                ManifestErrorKind::MissingKey,
                format!("missing key `{key}`; add `{example}`"),
            )
        })
    }

    /// Returns all keys with their values, in the order of the document.
    pub(crate) fn entries(&self) -> Vec<(&'d str, Value<'d>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| (key.get_ref().as_ref(), self.value(key, value)))
            .collect()
    }

    /// Returns the keys with their strings, in the order of the document.
    pub(crate) fn strings(&self) -> Result<Vec<(&'d str, &'d str, At<'d>)>, ManifestError> {
        collect_all(self.entries().into_iter().map(|(key, value)| {
            let string = value.string()?;
            Ok((key, string, value.at().clone()))
        }))
    }

    /// Rejects the keys that are not among `known`, as Spin does.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ManifestError> {
        let unknown = self
            .entries()
            .into_iter()
            .filter(|(key, _)| !known.contains(key));
        let errors = unknown.map(|(key, value)| {
            let hint = match nearest(key, known) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("supported keys: {}", known.join(", ")),
            };
            let message = format!("unknown key; {hint}");
            value.at().error(ManifestErrorKind::UnknownKey, message)
        });
        ManifestError::combined(errors).map_or(Ok(()), Err)
    }

    fn value(&self, key: &'d Spanned<Cow<'d, str>>, value: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        let at = self.at.below(key.get_ref(), key.span().start);
        Value::new(at, value.get_ref())
    }
}
