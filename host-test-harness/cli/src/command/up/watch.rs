//! `up --watch`: reloads the application when one of its files has changed.
//!
//! The watcher polls. File system events report reads as well, are lost when a folder is replaced, and do
//! not exist on every file system.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use spin_harness::Application;
use spin_harness::manifest::ENV_FILE;
use tokio::sync::watch::Sender;

use super::load::Loader;
use crate::report::Failure;

/// Time between two looks. A change counts once two looks in a row see the same, since compilers write a
/// file in several pieces.
const INTERVAL: Duration = Duration::from_millis(250);

/// Every eighth look (2 s) reads the manifest and expands its patterns even if no known file or folder has
/// changed: a pattern may match a new file in a folder that had none.
const LOOKS_PER_EXPANSION: u32 = 8;

/// How often a build is repeated because the same sources changed during it.
const MAX_REPEATS: u32 = 2;

/// Reloads the application after each change.
pub(super) struct Watcher {
    loader: Loader,
    /// What was loaded last.
    loaded: Files,
    latest: Snapshot,
    /// The components whose sources have changed since they were built.
    unbuilt: BTreeSet<String>,
    /// The sources that changed while their components were built.
    changed_by_build: BTreeSet<(String, PathBuf)>,
    /// How many builds in a row changed these.
    n_repeats: u32,
}

/// The files of an application at one time.
#[derive(Clone)]
struct Snapshot {
    files: Files,
    /// The folders of the files, with the time when a file was added or removed.
    folders: Vec<(PathBuf, Option<SystemTime>)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Files {
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    /// The files that components are built from, with the component's id.
    sources: Vec<(String, PathBuf, Option<Stamp>)>,
    /// Why the manifest cannot be used, for example because a file is missing that may appear later.
    problem: Option<String>,
}

/// The modification time and the size of a file.
type Stamp = (SystemTime, u64);

impl Watcher {
    /// Looks for the first time.
    pub(super) fn new(loader: Loader) -> Self {
        let latest = Snapshot::expand(&loader);
        Self {
            loaded: latest.files.clone(),
            latest,
            loader,
            unbuilt: BTreeSet::new(),
            changed_by_build: BTreeSet::new(),
            n_repeats: 0,
        }
    }

    /// Notes that the components have just been built: their files are those that will be loaded.
    pub(super) fn built(&mut self) {
        self.loaded.stamps = Snapshot::expand(&self.loader).files.stamps;
    }

    /// Replaces the `current` application after each change, if the new one builds and loads.
    pub(super) async fn reload(mut self, current: &Sender<Application>) {
        loop {
            let changed = self.changed().await;
            self.unbuilt.extend(changed);
            // Not in the `match`, which would hold the lock until its end.
            let previous = current.borrow().clone();
            match self.build_and_load(previous).await {
                Ok(application) => {
                    // The server holds a receiver as long as it runs.
                    drop(current.send(application));
                    tracing::info!("reloaded: new requests go to the new version");
                }
                Err(failure) => {
                    tracing::error!("not reloaded, the old version keeps serving: {failure}");
                }
            }
        }
    }

    async fn build_and_load(&mut self, previous: Application) -> Result<Application, Failure> {
        if !self.unbuilt.is_empty() {
            let ids: Vec<_> = self.unbuilt.iter().cloned().collect();
            let built = self.loader.build(Some(&ids)).await;
            self.note_changes_of_build(&ids);
            built?;
            self.unbuilt.clear();
        }
        let loader = self.loader.clone();
        let load = tokio::task::spawn_blocking(move || {
            // What was built is what is loaded now.
            let stamps = Snapshot::expand(&loader).files.stamps;
            Ok::<_, Failure>((loader.load(Some(&previous))?, stamps))
        });
        let loaded = load.await.map_err(std::io::Error::other)?;
        let (application, stamps) = loaded?;
        self.loaded.stamps = stamps;
        Ok(application)
    }

    /// A source that changes while the components are built is built again. If the same files change during each of several
    /// builds, and nothing else does, the build itself writes them, and would be repeated for ever.
    fn note_changes_of_build(&mut self, ids: &[String]) {
        let now = Snapshot::expand(&self.loader).files;
        let mut changed = now.changed_sources(&self.loaded);
        changed.retain(|(id, _)| ids.contains(id));
        self.n_repeats = if changed == self.changed_by_build {
            self.n_repeats + 1
        } else {
            0
        };
        if !changed.is_empty() && self.n_repeats == MAX_REPEATS {
            let files: Vec<_> = changed
                .iter()
                .map(|(_, path)| path.display().to_string())
                .collect();
            tracing::warn!(
                "the build writes files that `build.watch` names, which do not start another build: {}",
                files.join(", ")
            );
            self.loaded.sources = now.sources;
            changed.clear();
        }
        self.changed_by_build = changed;
    }

    /// Waits until the files differ from those that were loaded last. Returns the components to build.
    async fn changed(&mut self) -> BTreeSet<String> {
        for n_looks in 1_u32.. {
            tokio::time::sleep(INTERVAL).await;
            let (loader, latest) = (self.loader.clone(), self.latest.clone());
            let must_expand = n_looks.is_multiple_of(LOOKS_PER_EXPANSION);
            let look = tokio::task::spawn_blocking(move || {
                if must_expand || !latest.is_current() {
                    Snapshot::expand(&loader)
                } else {
                    latest
                }
            });
            let Ok(now) = look.await else { continue };
            let is_settled = now.files == self.latest.files;
            self.latest = now;
            if is_settled && self.latest.files != self.loaded {
                let changed = self.latest.files.changed_sources(&self.loaded);
                self.loaded = self.latest.files.clone();
                return changed.into_iter().map(|(id, _)| id).collect();
            }
        }
        BTreeSet::new()
    }
}

impl Files {
    /// The sources that differ from those of `before`, with the components that are built from them.
    fn changed_sources(&self, before: &Self) -> BTreeSet<(String, PathBuf)> {
        let one_sided = |one: &Self, other: &Self| {
            let sources = one.sources.iter();
            let changed = sources.filter(|source| !other.sources.contains(source));
            changed
                .map(|(id, path, _)| (id.clone(), path.clone()))
                .collect::<Vec<_>>()
        };
        let mut changed = BTreeSet::from_iter(one_sided(self, before));
        changed.extend(one_sided(before, self));
        changed
    }
}

impl Snapshot {
    /// Reads the manifest, and looks at every file that it names.
    fn expand(loader: &Loader) -> Self {
        let manifest = loader.manifest_path();
        let mut paths = vec![manifest.join("spin.toml"), manifest.to_owned()];
        let folder = if manifest.is_dir() {
            Some(manifest)
        } else {
            manifest.parent()
        };
        paths.extend(folder.map(|folder| folder.join(ENV_FILE)));
        paths.extend(loader.mock_file().map(Path::to_owned));
        let mut sources = Vec::new();
        let problem = match loader.read_manifest() {
            Ok(manifest) => {
                sources = loader.watched_files(&manifest);
                paths.extend(loader.component_files(&manifest));
                for component in manifest.components {
                    paths.extend(component.files.into_iter().map(|mount| mount.source));
                }
                None
            }
            Err(failure) => Some(failure.to_string()),
        };
        let watched = paths.iter().chain(sources.iter().map(|(_, path)| path));
        let mut folders: Vec<&Path> = watched.filter_map(|path| path.parent()).collect();
        folders.sort();
        folders.dedup();
        let folders = folders.into_iter();
        Self {
            folders: folders
                .map(|folder| (folder.to_owned(), modified(folder)))
                .collect(),
            files: Files {
                stamps: paths
                    .into_iter()
                    .map(|path| {
                        let stamp = stamp(&path);
                        (path, stamp)
                    })
                    .collect(),
                sources: sources
                    .into_iter()
                    .map(|(id, path)| {
                        let stamp = stamp(&path);
                        (id, path, stamp)
                    })
                    .collect(),
                problem,
            },
        }
    }

    /// Whether no known file or folder has changed. If the manifest cannot be used, its files are not known.
    fn is_current(&self) -> bool {
        let mut files = self.files.stamps.iter();
        let mut sources = self.files.sources.iter();
        let mut folders = self.folders.iter();
        self.files.problem.is_none()
            && files.all(|(path, before)| stamp(path) == *before)
            && sources.all(|(_, path, before)| stamp(path) == *before)
            && folders.all(|(path, before)| modified(path) == *before)
    }
}

/// `None` if `path` is not a file.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn modified(folder: &Path) -> Option<SystemTime> {
    folder.metadata().ok()?.modified().ok()
}
