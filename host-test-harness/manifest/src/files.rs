//! The keys `files` and `exclude_files` of a component.

use std::path::{Component, Path};

use crate::document::{At, Table, Value};
use crate::error::{ManifestError, ManifestErrorKind, ManifestWarning, collect_all};
use crate::mount::{Mount, Mounts, Placement, invalid_pattern};

/// Reads both keys, and finds the files.
pub(crate) fn read(
    component: &Table<'_>,
    folder: &Path,
    warnings: &mut Vec<ManifestWarning>,
) -> Result<Vec<Mount>, ManifestError> {
    let Some(files) = component.get("files") else {
        return Ok(Vec::new());
    };
    let mut mounts = Mounts::new(files.at(), folder, read_excluded(component)?)?;
    let entries = files.array("an array, such as `[\"assets/**/*\"]`")?;
    collect_all(entries.iter().map(|entry| match entry.as_table() {
        Some(placement) => add_placement(&mut mounts, &placement, warnings),
        None => add_path(&mut mounts, entry, warnings),
    }))?;
    Ok(mounts.into_mounts())
}

/// Adds the files of an entry such as `"assets/**/*"`, `"assets/logo.png"` or `"assets"`.
fn add_path(
    mounts: &mut Mounts<'_>,
    entry: &Value<'_>,
    warnings: &mut Vec<ManifestWarning>,
) -> Result<(), ManifestError> {
    const EXPECTED: &str = "a string or `{ source = \"…\", destination = \"…\" }`";
    let Some(pattern) = entry.as_string() else {
        return Err(entry.wrong_type(EXPECTED));
    };
    let at = entry.at();
    check_inside(at, pattern)?;
    check_not_folder(at, pattern)?;
    if matches!(pattern, "*" | "**/*") {
        warnings.push(at.warning(format!(
            "the component may read every file of the application's folder; if that is intended, use `./{pattern}`"
        )));
    }
    let path = mounts.folder().join(pattern);
    if path.is_dir() {
        // Spin has the same destination, so a guest finds the same files in both.
        let name = pattern.trim_end_matches('/');
        warnings.push(at.warning(format!(
            "as in Spin, the files of this folder are mounted below `/{name}/{name}`; \
             use `{name}/**/*` to mount them below `/{name}`"
        )));
        let doubled = Placement {
            from: mounts.folder(),
            to: pattern,
        };
        mounts.add_folder(at, &path, &doubled)?;
    } else if path.exists() {
        mounts.add_file(at, path, pattern)?;
    } else if glob::Pattern::escape(pattern) != pattern {
        if let Err(error) = glob::Pattern::new(pattern) {
            return Err(invalid_pattern(at, pattern, error));
        }
        if mounts.add_pattern(at, pattern)? == 0 {
            warnings.push(at.warning(format!(
                "no file in `{}` matches `{pattern}`; correct or remove the pattern",
                mounts.folder().display()
            )));
        }
    } else {
        return Err(missing(at, mounts, pattern));
    }
    Ok(())
}

/// Adds the files of an entry such as `{ source = "assets", destination = "/" }`.
fn add_placement(
    mounts: &mut Mounts<'_>,
    placement: &Table<'_>,
    warnings: &mut Vec<ManifestWarning>,
) -> Result<(), ManifestError> {
    placement.only(&["source", "destination"])?;
    let source = placement.require("source", "source = \"…\"")?;
    let destination = placement.require("destination", "destination = \"/…\"")?;
    let (from, to) = (source.string()?, destination.string()?);
    check_inside(source.at(), from)?;
    if to.split('/').any(|segment| segment == "..") {
        return Err(destination.at().error(
            ManifestErrorKind::OutsideFolder,
            format!("`{to}` may be outside of the guest's folder; use a path without `..`"),
        ));
    }
    let path = mounts.folder().join(from);
    if path.is_dir() {
        let n_files = mounts.add_folder(source.at(), &path, &Placement { from: &path, to })?;
        if n_files == 0 {
            warnings.push(
                source
                    .at()
                    .warning(format!("the folder `{from}` contains no files")),
            );
        }
        return Ok(());
    }
    if !path.exists() {
        return Err(missing(source.at(), mounts, from));
    }
    if matches!(to.rsplit('/').next(), None | Some("" | ".")) {
        return Err(destination.at().error(
            ManifestErrorKind::InvalidValue,
            format!("`{from}` is a file, and `{to}` is a folder; use the full path of the file in the guest"),
        ));
    }
    mounts.add_file(source.at(), path, to)
}

/// Reads `exclude_files`. Its patterns match paths relative to the manifest's folder.
fn read_excluded(component: &Table<'_>) -> Result<Vec<glob::Pattern>, ManifestError> {
    let Some(excluded) = component.get("exclude_files") else {
        return Ok(Vec::new());
    };
    let patterns = excluded.array("an array, such as `[\"assets/*.secret\"]`")?;
    collect_all(patterns.iter().map(|value| {
        let pattern = value.string()?;
        glob::Pattern::new(pattern).map_err(|error| invalid_pattern(value.at(), pattern, error))
    }))
}

/// Rejects a path that may be outside of the manifest's folder.
fn check_inside(at: &At<'_>, path: &str) -> Result<(), ManifestError> {
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
                "`{path}` may be outside of the manifest's folder; use a relative path without `..`"
            ),
        ))
    }
}

/// Rejects a pattern that can only be a folder, as Spin does.
fn check_not_folder(at: &At<'_>, pattern: &str) -> Result<(), ManifestError> {
    if pattern.is_empty() || pattern == "." || pattern.ends_with("/.") {
        return Err(at.error(
            ManifestErrorKind::InvalidValue,
            format!(
                "`{pattern}` is a folder; use `{}**/*` for its files, or `{{ source = \"…\", destination = \"…\" }}`",
                pattern.trim_end_matches('.')
            ),
        ));
    }
    Ok(())
}

fn missing(at: &At<'_>, mounts: &Mounts<'_>, path: &str) -> ManifestError {
    at.error(
        ManifestErrorKind::MissingFile,
        format!(
            "`{path}` does not exist in `{}`; correct or remove the path",
            mounts.folder().display()
        ),
    )
}
