//! Files, whose names begin the messages of the errors that they cause.

use std::io;
use std::path::Path;

use crate::{Error, ErrorKind};

/// Calls `act` with the content of a file, whose name begins the message of every error.
pub(crate) fn with_file<T>(
    path: &Path,
    act: impl FnOnce(&[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(|error| {
        if path.is_dir() {
            let message = "it is a folder, and not a WebAssembly file; a folder with a spin.toml is loaded as a manifest";
            return Error::new(ErrorKind::Io, message).with_source(error).in_file(path);
        }
        unusable(path, error)
    })?;
    act(&bytes).map_err(|error| error.in_file(path))
}

/// The error for a file or folder that the system does not let us use.
pub(crate) fn unusable(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
        .with_source(error)
        .in_file(path)
}
