//! `up --watch`: notices when something that the application is made of has changed on disk.
//!
//! It looks again and again instead of asking the system for events: those tell of reads as well, are lost
//! when a folder is removed and made anew, and do not come from every file system.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Arguments, read_manifest};

/// How often it looks. A change counts once it has stood still from one look to the next: compilers write
/// in pieces.
const INTERVAL: Duration = Duration::from_millis(250);

/// What an application is made of, as far as it can be told without reading components.
#[derive(Clone, PartialEq, Eq)]
struct Fingerprint {
    files: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
    /// Why the manifest cannot be used; a file that is missing today may be there tomorrow.
    problem: Option<String>,
}

/// Remembers what was loaded last.
pub(super) struct Watcher {
    last: Fingerprint,
}

impl Watcher {
    /// Looks for the first time.
    pub(super) fn new(arguments: &Arguments) -> Self {
        Self {
            last: fingerprint(arguments),
        }
    }

    /// Waits until something is otherwise than at the last change.
    pub(super) async fn changed(&mut self, arguments: &Arguments) {
        let mut before = self.last.clone();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let arguments = arguments.clone();
            let looked = tokio::task::spawn_blocking(move || fingerprint(&arguments)).await;
            let Ok(now) = looked else { continue };
            if now == before && now != self.last {
                self.last = now;
                return;
            }
            before = now;
        }
    }
}

fn fingerprint(arguments: &Arguments) -> Fingerprint {
    let mut paths = vec![
        arguments.manifest.join("spin.toml"),
        arguments.manifest.clone(),
    ];
    let problem = match read_manifest(arguments) {
        Ok(manifest) => {
            for component in manifest.components {
                paths.push(component.source);
                paths.extend(component.files.into_iter().map(|mount| mount.source));
            }
            None
        }
        Err(failure) => Some(failure.to_string()),
    };
    let files = paths.into_iter().map(|path| {
        let seen = seen(&path);
        (path, seen)
    });
    Fingerprint {
        files: files.collect(),
        problem,
    }
}

/// When a file was changed, and its size; none for what is no file.
fn seen(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((metadata.modified().ok()?, metadata.len()))
}
