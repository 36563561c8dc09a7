//! The file `.env` beside a manifest, which sets environment variables as in Spin.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{ManifestError, ManifestErrorKind, Place};

/// The name of the file, in the folder of the manifest.
pub const ENV_FILE: &str = ".env";

/// Reads the file, in the format of the crate `dotenvy`. A file that does not exist sets nothing.
pub(crate) fn read(folder: &Path) -> Result<BTreeMap<String, String>, ManifestError> {
    let path = folder.join(ENV_FILE);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let error = |kind, message: String| ManifestError::new(Place::file(&path), kind, message);
    let lines = dotenvy::from_path_iter(&path).map_err(|cause| {
        let message = format!("{cause}; correct or remove the file");
        error(ManifestErrorKind::Io, message)
    })?;
    lines
        .enumerate()
        .map(|(n_before, line)| {
            line.map_err(|_may_show_a_secret| {
                error(
                    ManifestErrorKind::Syntax,
                    format!(
                        "invalid line after {n_before} variables; use `NAME=value` or `NAME=\"value\"`"
                    ),
                )
            })
        })
        .collect()
}
