//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use outbound_policy::display::printable;

use crate::BoxError;

/// Why a file cannot be read or written.
///
/// Displays as `FILE:LINE:COLUMN: FIELD: PROBLEM`, where the field begins with the entry, as in
/// `log.entries[3].response.status`. Entries count from 0, lines and columns from 1.
#[derive(Debug)]
pub struct HarError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    file: PathBuf,
    position: Option<(usize, usize)>,
    entry: Option<usize>,
    field: String,
    problem: String,
    source: Option<BoxError>,
}

impl HarError {
    /// What a problem cites of the file is printable, so that the message is one line.
    pub(crate) fn new(file: &Path, problem: impl AsRef<str>) -> Self {
        Self(Box::new(Parts {
            file: file.to_owned(),
            position: None,
            entry: None,
            field: String::new(),
            problem: printable(problem.as_ref()),
            source: None,
        }))
    }

    pub(super) fn from_io(file: &Path, doing: &str, error: std::io::Error) -> Self {
        Self::new(file, format!("{doing}: {error}")).caused_by(error)
    }

    pub(super) fn at(mut self, position: (usize, usize)) -> Self {
        self.0.position = Some(position);
        self
    }

    pub(super) fn in_entry(mut self, entry: usize) -> Self {
        self.0.entry = Some(entry);
        self
    }

    pub(super) fn in_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = field.into();
        self
    }

    pub(super) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// The line, from 1; `None` if the file cannot be opened or written. For a value that is JSON but not valid in a
    /// recording: the line where its entry begins.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.position.map(|(line, _)| line)
    }

    /// The column in the line, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.position.map(|(_, column)| column)
    }

    /// The index of the entry in `log.entries`, from 0.
    #[must_use]
    pub fn entry(&self) -> Option<usize> {
        self.0.entry
    }
}

impl fmt::Display for HarError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        write!(formatter, "{}", parts.file.display())?;
        if let Some((line, column)) = parts.position {
            write!(formatter, ":{line}:{column}")?;
        }
        formatter.write_str(": ")?;
        if let Some(entry) = parts.entry {
            write!(formatter, "log.entries[{entry}]")?;
            if !parts.field.is_empty() {
                formatter.write_str(".")?;
            }
        }
        formatter.write_str(&parts.field)?;
        if parts.entry.is_some() || !parts.field.is_empty() {
            formatter.write_str(": ")?;
        }
        formatter.write_str(&parts.problem)
    }
}

impl std::error::Error for HarError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

/// What is wrong with one field of an entry.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) field: String,
    pub(super) problem: String,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// The same, in a field of which this one is a part.
    pub(super) fn within(self, outer: &str) -> Self {
        Self::new(format!("{outer}.{}", self.field), self.problem)
    }
}
