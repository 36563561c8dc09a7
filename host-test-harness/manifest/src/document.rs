//! A TOML document in which every value knows its line and its full key.

mod table;
mod value;

use std::path::Path;

use crate::error::{ManifestError, ManifestErrorKind, ManifestWarning, Place};

pub(crate) use table::Table;
pub(crate) use value::Value;

/// The file that messages refer to.
#[derive(Debug)]
pub(crate) struct File<'d> {
    path: &'d Path,
    /// The byte offset of each line.
    lines: Vec<usize>,
}

/// The position of a table or value.
#[derive(Debug, Clone)]
pub(crate) struct At<'d> {
    file: &'d File<'d>,
    key: String,
    /// In bytes; 0 for the whole document.
    start: usize,
}

impl<'d> File<'d> {
    pub(crate) fn new(path: &'d Path, text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            path,
            lines: [0].into_iter().chain(starts).collect(),
        }
    }

    fn line(&self, start: usize) -> usize {
        self.lines.partition_point(|line| *line <= start)
    }

    /// Converts the error of the TOML parser.
    pub(crate) fn syntax_error(&self, mut error: toml::de::Error) -> ManifestError {
        // `Debug` would show the text, which may hold secrets.
        error.set_input(None);
        let place = Place {
            line: error.span().map(|span| self.line(span.start)),
            ..Place::file(self.path)
        };
        let message = format!("invalid TOML: {}", error.message());
        ManifestError::new(place, ManifestErrorKind::Syntax, message).with_source(error)
    }
}

impl At<'_> {
    /// Counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.file.line(self.start)
    }

    /// The path of the key from the root.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    fn place(&self) -> Place {
        Place {
            path: self.file.path.to_owned(),
            line: (!self.key.is_empty()).then(|| self.line()),
            key: self.key.clone(),
        }
    }

    pub(crate) fn error(&self, kind: ManifestErrorKind, message: impl AsRef<str>) -> ManifestError {
        ManifestError::new(self.place(), kind, message)
    }

    pub(crate) fn warning(&self, message: impl AsRef<str>) -> ManifestWarning {
        ManifestWarning::new(self.place(), message)
    }

    /// The position of a key in this table.
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

    /// The position of an element in this array.
    fn element(&self, index: usize, start: usize) -> Self {
        Self {
            file: self.file,
            key: format!("{}[{index}]", self.key),
            start,
        }
    }
}
