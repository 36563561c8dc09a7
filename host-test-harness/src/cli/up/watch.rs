//! `up --watch`: tells when something that the application is made of has changed on disk.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use host_test_harness::Manifest;
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};
use tokio::sync::mpsc::{Receiver, channel};

use crate::report::Failure;

/// How long a file must be left alone before it counts as changed: compilers write in pieces.
const SETTLING_TIME: Duration = Duration::from_millis(200);

/// Watches the files of an application.
pub(super) struct Watcher {
    debouncer: Debouncer<RecommendedWatcher>,
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// The folders that are watched; a file that is replaced is noticed there only.
    folders: BTreeSet<PathBuf>,
    changes: Receiver<()>,
}

impl Watcher {
    pub(super) fn start(manifest: &Manifest) -> Result<Self, Failure> {
        let files = Arc::new(Mutex::new(BTreeSet::new()));
        let watched = Arc::clone(&files);
        // One change that nobody has seen yet is as good as many.
        let (sender, changes) = channel(1);
        let debouncer = new_debouncer(SETTLING_TIME, move |events: DebounceEventResult| {
            let watched: &Mutex<BTreeSet<PathBuf>> = &watched;
            let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
            match events {
                Ok(events) if events.iter().any(|event| watched.contains(&event.path)) => {
                    // Full means that a change is waiting to be seen already.
                    sender.try_send(()).unwrap_or_default();
                }
                Ok(_) => {}
                Err(error) => tracing::warn!("--watch: {error}"),
            }
        })
        .map_err(|error| Failure::Output(io::Error::other(error)))?;
        let mut watcher = Self {
            debouncer,
            files,
            folders: BTreeSet::new(),
            changes,
        };
        watcher.watch(manifest);
        Ok(watcher)
    }

    /// Watches the files of `manifest` from now on, beside those of the folders so far.
    pub(super) fn watch(&mut self, manifest: &Manifest) {
        let files: BTreeSet<PathBuf> = files(manifest).filter_map(|file| absolute(&file)).collect();
        for folder in files.iter().filter_map(|file| file.parent()) {
            if self.folders.contains(folder) {
                continue;
            }
            match self
                .debouncer
                .watcher()
                .watch(folder, RecursiveMode::NonRecursive)
            {
                Ok(()) => {
                    self.folders.insert(folder.to_owned());
                }
                Err(error) => tracing::warn!("--watch: {}: {error}", folder.display()),
            }
        }
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }

    /// Waits for the next change; false once nothing is watched any more.
    pub(super) async fn changed(&mut self) -> bool {
        self.changes.recv().await.is_some()
    }
}

fn files(manifest: &Manifest) -> impl Iterator<Item = PathBuf> {
    let components = manifest.components.iter();
    let files = components.flat_map(|component| {
        let mounts = component.files.iter().map(|mount| mount.source.clone());
        std::iter::once(component.source.clone()).chain(mounts)
    });
    std::iter::once(manifest.path.clone()).chain(files)
}

/// As the events have it: the folder without symbolic links.
fn absolute(file: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(file).ok()?;
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}
