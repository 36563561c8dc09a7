//! The files of a component, in a folder of their own, which the guest reads as `/`.

use std::path::Path;

use tempfile::TempDir;

use crate::manifest::Mount;
use crate::{Error, ErrorKind};

/// Copies `mounts` to where the guest will see them, as Spin does: a component sees the files that
/// its manifest lists and no other. The folder is removed when the value is dropped.
pub(super) fn stage(mounts: &[Mount]) -> Result<TempDir, Error> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("{}: {error}", path.display())).with_source(error)
    };
    let folder = tempfile::Builder::new()
        .prefix("spin-harness-")
        .tempdir()
        .map_err(|error| failed(&std::env::temp_dir(), error))?;
    for mount in mounts {
        let copy = folder
            .path()
            .join(mount.destination.trim_start_matches('/'));
        if let Some(parent) = copy.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        std::fs::copy(&mount.source, &copy).map_err(|error| failed(&mount.source, error))?;
    }
    Ok(folder)
}
