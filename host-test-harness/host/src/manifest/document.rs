//! A TOML document in which every value knows its line and its full key.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, ManifestErrorKind, ManifestWarning, Place};

/// The text of a manifest, as far as messages need it.
#[derive(Debug)]
pub(super) struct File<'d> {
    path: &'d Path,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
}

/// A table, the whole document among them.
#[derive(Debug, Clone)]
pub(super) struct Table<'d> {
    at: At<'d>,
    entries: &'d DeTable<'d>,
}

/// A value under a key.
#[derive(Debug, Clone)]
pub(super) struct Value<'d> {
    at: At<'d>,
    value: &'d DeValue<'d>,
}

/// Where a table or value is.
#[derive(Debug, Clone)]
pub(super) struct At<'d> {
    file: &'d File<'d>,
    key: String,
    /// In bytes; 0 for the whole document.
    start: usize,
}

impl<'d> File<'d> {
    pub(super) fn new(path: &'d Path, text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            path,
            lines: [0].into_iter().chain(starts).collect(),
        }
    }

    fn line(&self, start: usize) -> usize {
        self.lines.partition_point(|line| *line <= start)
    }

    /// The error of a text that is no TOML.
    pub(super) fn syntax_error(&self, mut error: toml::de::Error) -> ManifestError {
        // The text may have secrets, which `Debug` would show.
        error.set_input(None);
        let place = Place {
            line: error.span().map(|span| self.line(span.start)),
            ..Place::file(self.path)
        };
        let message = format!("this is no TOML: {}", error.message());
        ManifestError::new(place, ManifestErrorKind::Syntax, message).with_source(error)
    }
}

impl At<'_> {
    /// Counted from 1.
    pub(super) fn line(&self) -> usize {
        self.file.line(self.start)
    }

    fn place(&self) -> Place {
        Place {
            path: self.file.path.to_owned(),
            line: (!self.key.is_empty()).then(|| self.line()),
            key: self.key.clone(),
        }
    }

    pub(super) fn error(
        &self,
        kind: ManifestErrorKind,
        message: impl Into<String>,
    ) -> ManifestError {
        ManifestError::new(self.place(), kind, message)
    }

    pub(super) fn warning(&self, message: impl Into<String>) -> ManifestWarning {
        ManifestWarning::new(self.place(), message)
    }

    fn below(&self, key: &str, start: usize) -> Self {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let key = if !key.is_empty() && key.chars().all(is_bare) {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        let key = if self.key.is_empty() {
            key
        } else {
            format!("{}.{key}", self.key)
        };
        Self {
            file: self.file,
            key,
            start,
        }
    }
}

impl<'d> Table<'d> {
    pub(super) fn root(file: &'d File<'d>, entries: &'d DeTable<'d>) -> Self {
        let at = At {
            file,
            key: String::new(),
            start: 0,
        };
        Self { at, entries }
    }

    pub(super) fn at(&self) -> &At<'d> {
        &self.at
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<Value<'d>> {
        self.entries
            .get_key_value(key)
            .map(|(key, value)| self.value(key, value))
    }

    /// The value of a key that must be there; `example` is a line to add.
    pub(super) fn require(&self, key: &str, example: &str) -> Result<Value<'d>, ManifestError> {
        self.get(key).ok_or_else(|| {
            self.at.error(
                ManifestErrorKind::MissingKey,
                format!("the key `{key}` is missing; add `{example}`"),
            )
        })
    }

    /// All keys with their values, in the order of the document.
    pub(super) fn entries(&self) -> Vec<(&'d str, Value<'d>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| (key.get_ref().as_ref(), self.value(key, value)))
            .collect()
    }

    /// Refuses the keys that are not among `known`, as Spin does.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ManifestError> {
        match self
            .entries()
            .into_iter()
            .find(|(key, _)| !known.contains(key))
        {
            None => Ok(()),
            Some((_, value)) => Err(value.at.error(
                ManifestErrorKind::UnknownKey,
                format!(
                    "there is no such key here; remove it, or use one of: {}",
                    known.join(", ")
                ),
            )),
        }
    }

    fn value(
        &self,
        key: &'d Spanned<std::borrow::Cow<'d, str>>,
        value: &'d Spanned<DeValue<'d>>,
    ) -> Value<'d> {
        Value {
            at: self.at.below(key.get_ref(), key.span().start),
            value: value.get_ref(),
        }
    }
}

impl<'d> Value<'d> {
    pub(super) fn at(&self) -> &At<'d> {
        &self.at
    }

    pub(super) fn text(&self) -> Result<&'d str, ManifestError> {
        match self.as_text() {
            Some(text) => Ok(text),
            None => Err(self.wrong_type("a text in quotes")),
        }
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    pub(super) fn boolean(&self) -> Result<bool, ManifestError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("`true` or `false`"))
    }

    /// Whether it is this integer.
    pub(super) fn is_integer(&self, expected: &str) -> bool {
        self.value
            .as_integer()
            .is_some_and(|integer| integer.radix() == 10 && integer.as_str() == expected)
    }

    /// `expected` says what to write, for the message.
    pub(super) fn table(&self, expected: &str) -> Result<Table<'d>, ManifestError> {
        self.as_table().ok_or_else(|| self.wrong_type(expected))
    }

    /// The table, if it is one.
    pub(super) fn as_table(&self) -> Option<Table<'d>> {
        self.value.as_table().map(|entries| Table {
            at: self.at.clone(),
            entries,
        })
    }

    /// The elements of a list; `expected` says what to write, for the message.
    pub(super) fn list(&self, expected: &str) -> Result<Vec<Self>, ManifestError> {
        let Some(list) = self.value.as_array() else {
            return Err(self.wrong_type(expected));
        };
        let element = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| Self {
            at: At {
                file: self.at.file,
                key: format!("{}[{index}]", self.at.key),
                start: value.span().start,
            },
            value: value.get_ref(),
        };
        Ok(list.iter().enumerate().map(element).collect())
    }

    /// Whether it holds nothing: an empty list or table.
    pub(super) fn is_empty(&self) -> bool {
        match self.value {
            DeValue::Array(list) => list.is_empty(),
            DeValue::Table(table) => table.is_empty(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => false,
        }
    }

    /// What it is, for a message; a text is not shown, since it may be a secret in the wrong place.
    fn described(&self) -> String {
        match self.value {
            DeValue::String(_) => "a text".to_owned(),
            DeValue::Integer(integer) => format!("the number {integer}"),
            DeValue::Float(float) => format!("the number {float}"),
            DeValue::Boolean(boolean) => format!("`{boolean}`"),
            DeValue::Datetime(datetime) => format!("the date {datetime}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// What it is, for a message, where it is no secret.
    pub(super) fn shown(&self) -> String {
        match self.as_text() {
            Some(text) => format!("the text {text:?}"),
            None => self.described(),
        }
    }

    pub(super) fn wrong_type(&self, expected: &str) -> ManifestError {
        self.at.error(
            ManifestErrorKind::WrongType,
            format!("this is {}; write {expected}", self.described()),
        )
    }
}

impl<'d> Table<'d> {
    /// The texts of a table of texts, in the order of the document.
    pub(super) fn texts(&self) -> Result<Vec<(&'d str, &'d str, At<'d>)>, ManifestError> {
        self.entries()
            .into_iter()
            .map(|(key, value)| Ok((key, value.text()?, value.at)))
            .collect()
    }
}
