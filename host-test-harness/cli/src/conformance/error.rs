//! Why the suite, a probe or a file of expected failures cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file or a probe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file does not hold what it should: a scenario, or a list of expected failures.
    #[error("{}: {problem}", path.display())]
    InvalidFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where they are known.
        problem: String,
    },
    /// The harness does not start, or the probe does not load.
    #[error(transparent)]
    Harness(#[from] spin_harness::Error),
}

impl Error {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    pub(super) fn invalid(path: &Path, problem: impl ToString) -> Self {
        Self::InvalidFile {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Reads and parses a file; every error names it.
pub(super) fn read<T, P: ToString>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, P>,
) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    parse(&bytes).map_err(|problem| Error::invalid(path, problem))
}
