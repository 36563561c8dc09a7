//! `up --build`: the files whose change requires a new build.

use std::path::{Path, PathBuf};

use spin_harness::manifest::Build;

/// Folders whose files are the output of builds, which no pattern of `watch` means.
const OUTPUT_FOLDERS: [&str; 3] = [".git", "node_modules", "target"];

/// The files that the patterns of `watch` match, sorted.
pub(super) fn watched_files(build: &Build) -> Vec<PathBuf> {
    let folder = glob::Pattern::escape(&build.workdir.to_string_lossy());
    let matches = build.watch.iter().filter_map(|pattern| {
        // The manifest's reader has refused patterns that are not valid.
        glob::glob(&format!("{folder}/{pattern}")).ok()
    });
    let mut files: Vec<PathBuf> = matches
        .flat_map(|paths| paths.flatten())
        .filter(|path| path.is_file() && !is_output(path, &build.workdir))
        .collect();
    files.sort();
    files.dedup();
    files
}

fn is_output(path: &Path, workdir: &Path) -> bool {
    let path = path.strip_prefix(workdir).unwrap_or(path);
    path.components()
        .any(|part| OUTPUT_FOLDERS.iter().any(|name| part.as_os_str() == *name))
}
