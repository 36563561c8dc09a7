//! Errors and warnings about a manifest. Each problem names the file, the line and the key.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use outbound_policy::display::printable;

/// A message shows at most this many problems.
const MAX_SHOWN_PROBLEMS: usize = 20;

/// A manifest that cannot be used.
///
/// `Display` has one line for each problem: `FILE:LINE: KEY: problem; hint`. There is at least one problem.
#[derive(Debug)]
pub struct ManifestError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    first: Problem,
    others: Vec<Problem>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug)]
struct Problem {
    kind: ManifestErrorKind,
    place: Place,
    message: String,
}

/// The kinds of [`ManifestError`], stable for programs to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// The manifest cannot be read: it does not exist, is not a file, or permission is denied.
    Io,
    /// The manifest is longer than [`MAX_MANIFEST_BYTES`](super::MAX_MANIFEST_BYTES).
    TooLarge,
    /// The manifest is not UTF-8.
    NotUtf8,
    /// The manifest is not valid TOML; this includes duplicate keys.
    Syntax,
    /// The version of the manifest is neither 1 nor 2.
    UnknownVersion,
    /// Spin does not support the key in this table.
    UnknownKey,
    /// A required key is missing.
    MissingKey,
    /// A value has the wrong TOML type.
    WrongType,
    /// A value has the right TOML type and is not valid.
    InvalidValue,
    /// Two components have the same id, two routes match the same paths, or two files have the same destination.
    Duplicate,
    /// A trigger names a component, or a template a variable, that the manifest does not define.
    Undefined,
    /// A required variable has no value.
    MissingVariable,
    /// A file that a component needs does not exist or cannot be read.
    MissingFile,
    /// A file to mount is outside of the manifest's folder.
    OutsideFolder,
    /// Spin supports it, and the harness does not.
    Unsupported,
}

/// A valid part of a manifest that may not mean what its author intended.
///
/// `Display` is `FILE:LINE: KEY: problem; hint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestWarning {
    place: Place,
    message: String,
}

/// A position in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Counted from 1.
    pub(crate) line: Option<usize>,
    /// The path of the key from the root; empty for the whole file.
    pub(crate) key: String,
}

impl ManifestError {
    pub(crate) fn new(place: Place, kind: ManifestErrorKind, message: impl AsRef<str>) -> Self {
        let first = Problem {
            kind,
            place,
            message: printable(message.as_ref()),
        };
        Self(Box::new(Inner {
            first,
            others: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the problems of `other`.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.others.push(other.0.first);
        self.0.others.extend(other.0.others);
        self
    }

    /// Combines errors into one; `None` if there are none.
    pub(crate) fn combined(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(Self::and)
    }

    /// The kind of the first problem.
    #[must_use]
    pub fn kind(&self) -> ManifestErrorKind {
        self.0.first.kind
    }

    /// The path of the manifest as the caller passed it, with `spin.toml` appended to a folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.first.place.path
    }

    /// The line of the first problem, counted from 1; `None` if the problem concerns the whole file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.first.place.line
    }

    /// The key of the first problem, as a path from the root (`component.front.source`, `trigger.http[0].route`).
    /// Empty if the problem concerns the whole file. Elements of an array are counted from 0.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.first.place.key
    }
}

/// Collects the values, or combines all errors.
pub(crate) fn collect_all<T>(
    results: impl IntoIterator<Item = Result<T, ManifestError>>,
) -> Result<Vec<T>, ManifestError> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    match ManifestError::combined(errors) {
        Some(error) => Err(error),
        None => Ok(values),
    }
}

impl ManifestWarning {
    pub(crate) fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self {
            place,
            message: printable(message.as_ref()),
        }
    }

    /// The line of the key, counted from 1; `None` if the warning concerns the whole file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.line
    }

    /// The key, as in [`ManifestError::key`].
    #[must_use]
    pub fn key(&self) -> &str {
        &self.place.key
    }
}

impl Place {
    /// The whole file.
    pub(crate) fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            key: String::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.first.fmt(f)?;
        for problem in self.0.others.iter().take(MAX_SHOWN_PROBLEMS - 1) {
            write!(f, "\n{problem}")?;
        }
        match self.0.others.len().saturating_sub(MAX_SHOWN_PROBLEMS - 1) {
            0 => Ok(()),
            n_hidden => write!(f, "\nand {n_hidden} more problems"),
        }
    }
}

impl fmt::Display for ManifestWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Error for ManifestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
