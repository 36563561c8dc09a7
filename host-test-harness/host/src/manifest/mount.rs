//! The files that a component may read.
//!
//! Spin copies them into a folder of their own and mounts that at `/`, so that is what a list of
//! files is here: which file stands at which path of the guest.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::document::{At, Table, Value};
use super::error::{ManifestError, ManifestErrorKind, ManifestWarning};

/// A file that a component may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The file on this machine, absolute. It is in the manifest's folder, symbolic links followed.
    pub source: PathBuf,
    /// Its path in the guest: absolute, without `.` and `..`.
    pub destination: String,
}

/// Reads `files` and `exclude_files`.
pub(super) fn read(
    component: &Table<'_>,
    folder: &Path,
    warnings: &mut Vec<ManifestWarning>,
) -> Result<Vec<Mount>, ManifestError> {
    let Some(files) = component.get("files") else {
        return Ok(Vec::new());
    };
    let real_folder = folder
        .canonicalize()
        .map_err(|error| unreadable(files.at(), folder, error))?;
    let mut mounts = Mounts {
        folder,
        real_folder,
        excluded: read_excluded(component)?,
        files: BTreeMap::new(),
    };
    for file in files.list("a list, `[\"assets/**/*\"]`")? {
        match file.as_table() {
            Some(placement) => mounts.place(&placement, warnings)?,
            None => mounts.match_pattern(&file, warnings)?,
        }
    }
    let mount = |(destination, source)| Mount {
        source,
        destination,
    };
    Ok(mounts.files.into_iter().map(mount).collect())
}

struct Mounts<'a> {
    folder: &'a Path,
    /// `folder` without symbolic links.
    real_folder: PathBuf,
    excluded: Vec<glob::Pattern>,
    /// The source of each destination.
    files: BTreeMap<String, PathBuf>,
}

/// Where the files of a folder or pattern go: each to its path below `from`, put below `to`.
struct Placement<'a> {
    from: &'a Path,
    to: &'a str,
}

impl Mounts<'_> {
    /// `"assets/**/*"`, `"assets/logo.png"` or `"assets"`.
    fn match_pattern(
        &mut self,
        file: &Value<'_>,
        warnings: &mut Vec<ManifestWarning>,
    ) -> Result<(), ManifestError> {
        const EXPECTED: &str =
            "a path or pattern in quotes, or `{ source = \"…\", destination = \"…\" }`";
        let Some(pattern) = file.as_text() else {
            return Err(file.wrong_type(EXPECTED));
        };
        let at = file.at();
        refuse_escape(at, pattern)?;
        refuse_folder(at, pattern)?;
        if matches!(pattern, "*" | "**/*") {
            warnings.push(at.warning(format!(
                "the component may read all of the application's folder; if it must, write `./{pattern}`"
            )));
        }
        let path = self.folder.join(pattern);
        let below_root = Placement {
            from: self.folder,
            to: "",
        };
        if path.is_dir() {
            // As Spin does it, so that what is found here is found there.
            let name = pattern.trim_end_matches('/');
            warnings.push(at.warning(format!(
                "in Spin, and so here, the files of this folder are below `/{name}/{name}`; \
                 write `{name}/**/*` to have them below `/{name}`"
            )));
            let doubled = Placement {
                from: self.folder,
                to: pattern,
            };
            self.add_folder(at, &path, &doubled)?;
        } else if path.exists() {
            self.add_file(at, path, pattern)?;
        } else if glob::Pattern::escape(pattern) != pattern {
            if let Err(error) = glob::Pattern::new(pattern) {
                return Err(invalid_pattern(at, pattern, error));
            }
            let escaped = glob::Pattern::escape(self.folder_text(at)?);
            let n_files = self.add_matches(at, &format!("{escaped}/{pattern}"), &below_root)?;
            if n_files == 0 {
                warnings.push(at.warning(format!(
                    "no file matches `{pattern}` in `{}`; correct it, or remove it",
                    self.folder.display()
                )));
            }
        } else {
            return Err(self.missing(at, pattern));
        }
        Ok(())
    }

    /// `{ source = "assets", destination = "/" }`
    fn place(
        &mut self,
        placement: &Table<'_>,
        warnings: &mut Vec<ManifestWarning>,
    ) -> Result<(), ManifestError> {
        placement.only(&["source", "destination"])?;
        let source = placement.require("source", "source = \"…\"")?;
        let destination = placement.require("destination", "destination = \"/…\"")?;
        let (from, to) = (source.text()?, destination.text()?);
        refuse_escape(source.at(), from)?;
        if to.split('/').any(|segment| segment == "..") {
            return Err(destination.at().error(
                ManifestErrorKind::OutsideFolder,
                format!("`{to}` leads out of the guest's files; write it without `..`"),
            ));
        }
        let path = self.folder.join(from);
        if path.is_dir() {
            let n_files = self.add_folder(source.at(), &path, &Placement { from: &path, to })?;
            if n_files == 0 {
                warnings.push(
                    source
                        .at()
                        .warning(format!("the folder `{from}` has no files to mount")),
                );
            }
            return Ok(());
        }
        if !path.exists() {
            return Err(self.missing(source.at(), from));
        }
        if matches!(to.rsplit('/').next(), None | Some("" | ".")) {
            return Err(destination.at().error(
                ManifestErrorKind::InvalidValue,
                format!("`{from}` is a file and `{to}` a folder; write the file's whole path in the guest"),
            ));
        }
        self.add_file(source.at(), path, to)
    }

    fn add_folder(
        &mut self,
        at: &At<'_>,
        path: &Path,
        placement: &Placement<'_>,
    ) -> Result<usize, ManifestError> {
        let Some(text) = path.to_str() else {
            return Err(not_unicode(at, path));
        };
        self.add_matches(
            at,
            &format!("{}/**/*", glob::Pattern::escape(text)),
            placement,
        )
    }

    /// Adds what matches and is not excluded. How many files matched.
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
            if self
                .excluded
                .iter()
                .any(|excluded| excluded.matches_path(&in_folder))
            {
                continue;
            }
            let Some(name) = relative(placement.from).to_str().map(str::to_owned) else {
                return Err(not_unicode(at, &path));
            };
            self.add_file(at, path, &format!("{}/{name}", placement.to))?;
        }
        Ok(n_files)
    }

    fn add_file(
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
                    "`{}` leads to `{}`, outside the manifest's folder; copy the file",
                    source.display(),
                    real.display()
                ),
            ));
        }
        if !real.is_file() {
            // Reading a pipe or a device would wait for ever.
            let message = format!("`{}` is no plain file; exclude it", source.display());
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
                    "`{}` and `{}` would both be `{destination}`; exclude one of them",
                    other.display(),
                    source.display()
                ),
            )),
            _ => {
                self.files.insert(destination, source);
                Ok(())
            }
        }
    }

    fn folder_text(&self, at: &At<'_>) -> Result<&str, ManifestError> {
        self.folder
            .to_str()
            .ok_or_else(|| not_unicode(at, self.folder))
    }

    fn missing(&self, at: &At<'_>, path: &str) -> ManifestError {
        at.error(
            ManifestErrorKind::MissingFile,
            format!(
                "there is no `{path}` in `{}`; correct the path, or remove it",
                self.folder.display()
            ),
        )
    }
}

/// `exclude_files`, whose patterns are of paths in the manifest's folder.
fn read_excluded(component: &Table<'_>) -> Result<Vec<glob::Pattern>, ManifestError> {
    let Some(excluded) = component.get("exclude_files") else {
        return Ok(Vec::new());
    };
    let mut patterns = Vec::new();
    for value in excluded.list("a list, `[\"assets/*.secret\"]`")? {
        let text = value.text()?;
        let pattern = glob::Pattern::new(text);
        patterns.push(pattern.map_err(|error| invalid_pattern(value.at(), text, error))?);
    }
    Ok(patterns)
}

/// Refuses a path that may lead out of the manifest's folder.
fn refuse_escape(at: &At<'_>, path: &str) -> Result<(), ManifestError> {
    let is_inside = |component| match component {
        Component::Normal(_) | Component::CurDir => true,
        Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
    };
    if Path::new(path).components().all(is_inside) {
        Ok(())
    } else {
        Err(at.error(
            ManifestErrorKind::OutsideFolder,
            format!(
                "`{path}` may lead out of the manifest's folder; write a path below it, without `..` and `/` at the start"
            ),
        ))
    }
}

/// Refuses a pattern that can only be a folder, as Spin does.
fn refuse_folder(at: &At<'_>, pattern: &str) -> Result<(), ManifestError> {
    if pattern.is_empty() || pattern == "." || pattern.ends_with("/.") {
        return Err(at.error(
            ManifestErrorKind::InvalidValue,
            format!(
                "`{pattern}` is a folder; write `{}**/*` for what is in it, or `{{{{ source = \"…\", destination = \"…\" }}}}`",
                pattern.trim_end_matches('.')
            ),
        ));
    }
    Ok(())
}

fn invalid_pattern(at: &At<'_>, pattern: &str, error: glob::PatternError) -> ManifestError {
    at.error(
        ManifestErrorKind::InvalidValue,
        format!("`{}` is no pattern: {error}; correct it", pattern),
    )
    .with_source(error)
}

fn unreadable(at: &At<'_>, path: &Path, error: std::io::Error) -> ManifestError {
    at.error(
        ManifestErrorKind::MissingFile,
        format!(
            "`{}` cannot be read: {error}; permit it, or remove it",
            path.display()
        ),
    )
    .with_source(error)
}

fn not_unicode(at: &At<'_>, path: &Path) -> ManifestError {
    at.error(
        ManifestErrorKind::InvalidValue,
        format!(
            "the name of `{}` is no Unicode, which a guest's files must have; rename it",
            path.display()
        ),
    )
}
