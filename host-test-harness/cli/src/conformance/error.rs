//! Errors of the runner.

use std::io;
use std::path::{Path, PathBuf};

/// A file or a probe that the runner cannot use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file is not a valid scenario or expected-failures file.
    #[error("{}: {problem}", path.display())]
    InvalidFile {
        /// The file.
        path: PathBuf,
        /// The problem, with line and column if they are known.
        problem: String,
    },
    /// The harness cannot start, or the probe cannot be loaded.
    #[error(transparent)]
    Harness(#[from] spin_harness::Error),
}

impl Error {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    pub(super) fn invalid(path: &Path, problem: String) -> Self {
        let path = path.to_owned();
        Self::InvalidFile { path, problem }
    }
}

/// Reads and parses a file. Every error names the file.
pub(super) fn read<T, P: ToString>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, P>,
) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    parse(&bytes).map_err(|problem| Error::invalid(path, problem.to_string()))
}
