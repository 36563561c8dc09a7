//! The files of a component: copied to a temporary folder, which the guest reads as `/`.

use tempfile::TempDir;

use crate::Error;
use crate::file::unusable;
use crate::manifest::Mount;

/// Copies `mounts` into a temporary folder, as Spin does: a component sees the files that its manifest
/// lists, and no others. The folder is removed when the value is dropped.
pub(super) fn stage(mounts: &[Mount]) -> Result<TempDir, Error> {
    let folder = tempfile::Builder::new()
        .prefix("spin-harness-")
        .tempdir()
        .map_err(|error| unusable(&std::env::temp_dir(), error))?;
    for mount in mounts {
        let copy = folder
            .path()
            .join(mount.destination.trim_start_matches('/'));
        if let Some(parent) = copy.parent() {
            std::fs::create_dir_all(parent).map_err(|error| unusable(parent, error))?;
        }
        std::fs::copy(&mount.source, &copy).map_err(|error| unusable(&mount.source, error))?;
    }
    Ok(folder)
}
