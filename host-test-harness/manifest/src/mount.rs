//! The files that a component may read, by their paths in the guest.
//!
//! Spin copies the files into a separate folder and mounts that at `/`. So the mounts of a component are a list of
//! files with their destinations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::document::At;
use crate::error::{ManifestError, ManifestErrorKind};

/// A file that a component may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The absolute path of the file on this machine. It is in the manifest's folder, also after symbolic links are
    /// followed.
    pub source: PathBuf,
    /// The path in the guest: absolute, without `.` and `..`.
    pub destination: String,
}

/// Collects the mounts of a component.
pub(crate) struct Mounts<'a> {
    folder: &'a Path,
    /// `folder` without symbolic links.
    real_folder: PathBuf,
    excluded: Vec<glob::Pattern>,
    /// The source of each destination.
    files: BTreeMap<String, PathBuf>,
}

/// The destination of the files of a folder or pattern: the path of each file relative to `from`, below `to`.
pub(crate) struct Placement<'a> {
    pub(crate) from: &'a Path,
    pub(crate) to: &'a str,
}

impl<'a> Mounts<'a> {
    /// Starts with no mounts; files that match one of `excluded` are never added.
    pub(crate) fn new(
        at: &At<'_>,
        folder: &'a Path,
        excluded: Vec<glob::Pattern>,
    ) -> Result<Self, ManifestError> {
        let real_folder = folder
            .canonicalize()
            .map_err(|error| unreadable(at, folder, error))?;
        Ok(Self {
            folder,
            real_folder,
            excluded,
            files: BTreeMap::new(),
        })
    }

    /// The manifest's folder.
    pub(crate) fn folder(&self) -> &'a Path {
        self.folder
    }

    /// Adds the files of a folder at any depth, and returns their number.
    pub(crate) fn add_folder(
        &mut self,
        at: &At<'_>,
        path: &Path,
        placement: &Placement<'_>,
    ) -> Result<usize, ManifestError> {
        let folder = glob::Pattern::escape(unicode(at, path)?);
        self.add_matches(at, &format!("{folder}/**/*"), placement)
    }

    /// Adds the files of the manifest's folder that match `pattern`, and returns their number.
    pub(crate) fn add_pattern(
        &mut self,
        at: &At<'_>,
        pattern: &str,
    ) -> Result<usize, ManifestError> {
        let folder = glob::Pattern::escape(unicode(at, self.folder)?);
        let below_root = Placement {
            from: self.folder,
            to: "",
        };
        self.add_matches(at, &format!("{folder}/{pattern}"), &below_root)
    }

    /// Returns the number of files that match, including the excluded ones.
    fn add_matches(
        &mut self,
        at: &At<'_>,
        pattern: &str,
        placement: &Placement<'_>,
    ) -> Result<usize, ManifestError> {
        let paths = glob::glob(pattern).map_err(|error| invalid_pattern(at, pattern, error))?;
        let mut n_files = 0;
        for path in paths {
            let path = path.map_err(|error| {
                let path = error.path().to_owned();
                unreadable(at, &path, error.into())
            })?;
            if !path.is_file() {
                continue;
            }
            n_files += 1;
            let relative = |from: &Path| path.strip_prefix(from).unwrap_or(&path).to_owned();
            let in_folder = relative(self.folder);
            let is_excluded = |pattern: &glob::Pattern| pattern.matches_path(&in_folder);
            if self.excluded.iter().any(is_excluded) {
                continue;
            }
            let name = relative(placement.from);
            let destination = format!("{}/{}", placement.to, unicode(at, &name)?);
            self.add_file(at, path, &destination)?;
        }
        Ok(n_files)
    }

    /// Adds one file, which must be in the manifest's folder.
    pub(crate) fn add_file(
        &mut self,
        at: &At<'_>,
        source: PathBuf,
        destination: &str,
    ) -> Result<(), ManifestError> {
        let real = source
            .canonicalize()
            .map_err(|error| unreadable(at, &source, error))?;
        if !real.starts_with(&self.real_folder) {
            return Err(at.error(
                ManifestErrorKind::OutsideFolder,
                format!(
                    "`{}` is a link to `{}`, outside of the manifest's folder; copy the file into the folder",
                    source.display(),
                    real.display()
                ),
            ));
        }
        if !real.is_file() {
            // Reading a pipe or a device could block forever.
            let message = format!("`{}` is not a regular file; exclude it", source.display());
            return Err(at.error(ManifestErrorKind::Io, message));
        }
        let segments: Vec<&str> = destination
            .split('/')
            .filter(|segment| !matches!(*segment, "" | "."))
            .collect();
        let destination = format!("/{}", segments.join("/"));
        match self.files.get(&destination) {
            Some(other) if *other != source => Err(at.error(
                ManifestErrorKind::Duplicate,
                format!(
                    "`{}` and `{}` have the same destination `{destination}`; exclude one of them",
                    other.display(),
                    source.display()
                ),
            )),
            Some(_) | None => {
                self.files.insert(destination, source);
                Ok(())
            }
        }
    }

    /// The mounts, sorted by destination.
    pub(crate) fn into_mounts(self) -> Vec<Mount> {
        let mount = |(destination, source)| Mount {
            source,
            destination,
        };
        self.files.into_iter().map(mount).collect()
    }
}

/// The error of a pattern that the `glob` crate rejects.
pub(crate) fn invalid_pattern(
    at: &At<'_>,
    pattern: &str,
    error: glob::PatternError,
) -> ManifestError {
    let message = format!("invalid pattern `{pattern}`: {error}");
    at.error(ManifestErrorKind::InvalidValue, message)
        .with_source(error)
}

fn unreadable(at: &At<'_>, path: &Path, error: std::io::Error) -> ManifestError {
    let message = format!(
        "cannot read `{}`: {error}; permit reading, or remove the file from the list",
        path.display()
    );
    at.error(ManifestErrorKind::MissingFile, message)
        .with_source(error)
}

/// The paths of a guest are Unicode.
fn unicode<'p>(at: &At<'_>, path: &'p Path) -> Result<&'p str, ManifestError> {
    path.to_str().ok_or_else(|| {
        at.error(
            ManifestErrorKind::InvalidValue,
            format!(
                "the name of `{}` is not valid Unicode, which a guest requires; rename it",
                path.display()
            ),
        )
    })
}
