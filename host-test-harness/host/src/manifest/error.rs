//! What is wrong with a manifest, or doubtful in it: each names file, line and key.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a manifest cannot be used.
///
/// Prints as `FILE:LINE: KEY: what is wrong, and the way out`.
pub struct ManifestError(Box<Inner>);

struct Inner {
    place: Place,
    kind: ManifestErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`ManifestError`], stable for programs to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// The manifest cannot be read: it is missing, no file, or not permitted.
    Io,
    /// The manifest is longer than [`MAX_MANIFEST_BYTES`](super::MAX_MANIFEST_BYTES).
    TooLarge,
    /// The manifest is no UTF-8 text.
    NotUtf8,
    /// The manifest is no TOML, a key given twice included.
    Syntax,
    /// The manifest's version is neither 1 nor 2.
    UnknownVersion,
    /// Spin knows no such key at this place.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value is of another type than the key's.
    WrongType,
    /// A value is of the right type and cannot be used.
    InvalidValue,
    /// Two components have one id, two routes match the same paths, two files have one place.
    Duplicate,
    /// A trigger names a component, or a template a variable, that the manifest has not.
    Undefined,
    /// A required variable has no value.
    MissingVariable,
    /// A file that a component needs is not there or cannot be read.
    MissingFile,
    /// A file to mount is outside the manifest's folder.
    OutsideFolder,
    /// Spin can do it, this harness cannot.
    Unsupported,
}

/// Something in a manifest that works, and may not be what was meant.
///
/// Prints as `FILE:LINE: KEY: what is doubtful, and the way out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestWarning {
    place: Place,
    message: String,
}

/// Where in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// Counted from 1.
    pub(super) line: Option<usize>,
    /// With all the tables that it is in; empty for the whole file.
    pub(super) key: String,
}

impl ManifestError {
    pub(super) fn new(place: Place, kind: ManifestErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            place,
            kind,
            message: printable(&message.into()),
            source: None,
        }))
    }

    pub(super) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ManifestErrorKind {
        self.0.kind
    }

    /// The manifest's path as it was given, with `spin.toml` for a folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.place.path
    }

    /// The line of the key or value, counted from 1; none where the whole file is meant.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.place.line
    }

    /// The key with all the tables that it is in (`component.front.source`); empty where the whole
    /// file is meant. The elements of a list count from 0 (`trigger.http[0].route`).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.place.key
    }
}

impl ManifestWarning {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: printable(&message.into()),
        }
    }

    /// The line of the key or value, counted from 1; none where the whole file is meant.
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

/// Control characters as escapes: somebody else may have written the manifest.
fn printable(message: &str) -> String {
    let mut line = String::new();
    for character in message.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

impl Place {
    /// The whole file.
    pub(super) fn file(path: &Path) -> Self {
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

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.place, self.0.message)
    }
}

impl fmt::Display for ManifestWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Debug for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManifestError")
            .field("place", &self.0.place)
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for ManifestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
