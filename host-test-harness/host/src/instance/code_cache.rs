//! Compiled components on disk: each is compiled once, and mapped into memory when it is loaded again.
//!
//! The files are trusted like the harness's own executable, since their folder is writable by its owner only.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use etcetera::BaseStrategy as _;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::function_cache::{self, FunctionCache};

/// Size of all files together: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

const EXTENSION: &str = "cwasm";

/// The extensions of the files that are removed.
const EXTENSIONS: [&str; 2] = [EXTENSION, function_cache::EXTENSION];

/// Where a harness keeps the compiled code of components, so that each component is compiled once.
///
/// All files of a folder together take at most 1 GiB; the least recently used are removed first. A file may be removed
/// at any time. The files are executed without a check, so nobody else may be able to write to the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CodeCache {
    /// In the user's cache folder: `$XDG_CACHE_HOME/spin-harness`, or `~/.cache/spin-harness`. The default.
    #[default]
    User,
    /// In this folder, which is created if it does not exist.
    Folder(PathBuf),
    /// Nowhere: each load compiles the component.
    Off,
}

/// The folder of compiled code, if there is one.
#[derive(Debug)]
pub(crate) struct Folder {
    path: Option<PathBuf>,
    functions: Arc<FunctionCache>,
}

impl Folder {
    pub(crate) fn of(cache: CodeCache) -> Self {
        let path = match cache {
            CodeCache::User => user_folder(),
            CodeCache::Folder(folder) => Some(folder),
            CodeCache::Off => None,
        };
        Self {
            path,
            functions: Arc::default(),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The functions that the engines of a harness share; `None` if nothing is kept.
    pub(crate) fn functions(&self) -> Option<Arc<FunctionCache>> {
        self.path.is_some().then(|| Arc::clone(&self.functions))
    }

    /// Loads a component, and compiles it if the folder does not have its code for `engine`.
    pub(crate) fn load(&self, engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        let Some(folder) = self.path() else {
            return compile(engine, bytes);
        };
        let path = folder.join(file_name(engine, bytes));
        if let Some(component) = read(engine, &path) {
            return Ok(component);
        }
        self.functions.open(folder);
        let component = compile(engine, bytes)?;
        let code = component.serialize()?;
        match write(&path, &code).and_then(|()| self.functions.save(folder)) {
            Ok(()) => remove_oldest(folder, MAX_BYTES),
            Err(error) => tracing::warn!(
                "{}: the compiled component cannot be saved, and is compiled again next time: {error}",
                path.display()
            ),
        }
        Ok(component)
    }
}

/// Compiles a component, which takes up to half a minute, and logs that, since nothing else happens meanwhile.
fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
    let kib = bytes.len() / 1024;
    tracing::info!("compiling a component of {kib} KiB");
    let started = Instant::now();
    let component = Component::from_binary(engine, bytes)?;
    tracing::info!("compiled in {:.1?}", started.elapsed());
    Ok(component)
}

/// The user's cache folder. A user without a home folder has none, and each load compiles the component.
fn user_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy()
        .inspect_err(|error| tracing::warn!("compiled components are not saved: {error}"))
        .ok()
        .map(|folders| folders.cache_dir().join("spin-harness"))
}

/// A name of everything that the code depends on: the component, and the engine with its version, settings and
/// processor.
fn file_name(engine: &Engine, bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let component = blake3::hash(bytes).to_hex();
    format!("{component}-{:016x}.{EXTENSION}", hasher.finish())
}

fn read(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    #[expect(
        unsafe_code,
        reason = "wasmtime maps the code without checking it, and cannot know who wrote it"
    )]
    // SAFETY: `write` wrote the whole file for an engine like this one. Nothing changes it afterwards: it is only
    // replaced or removed, in a folder that nobody else can write to.
    let component = unsafe {
        // On a file system that is mounted `noexec`, a file cannot be mapped as code, but it can be copied.
        Component::deserialize_file(engine, path)
            .or_else(|_| Component::deserialize(engine, fs::read(path)?))
    };
    let component = component
        .inspect_err(|error| tracing::warn!("{}: compiled again: {error:#}", path.display()))
        .ok()?;
    // The least recently used are removed first. If the time cannot be set, the file is removed too early.
    let used = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    drop(used);
    Some(component)
}

/// Writes a whole file or none, even if the machine stops meanwhile.
pub(super) fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    create_folder(folder)?;
    // A temporary file of a process that was killed is removed like the others.
    let suffix = format!(".{EXTENSION}");
    let mut file = tempfile::Builder::new()
        .suffix(&suffix)
        .tempfile_in(folder)?;
    file.write_all(code)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Creates a folder and its parents, each accessible to the user only, since the files in it are executed.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes the least recently used files until the others fit in `max_bytes`.
fn remove_oldest(folder: &Path, max_bytes: u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let extension = path.extension().and_then(OsStr::to_str);
            extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
        })
        .filter_map(|path| {
            let metadata = path.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), path))
        })
        .collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    let mut kept_bytes = 0_u64;
    for (_, n_bytes, path) in files {
        kept_bytes = kept_bytes.saturating_add(n_bytes);
        if kept_bytes > max_bytes {
            // Another process may have been faster.
            drop(fs::remove_file(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_least_recently_used_files_are_removed_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = SystemTime::now();
        for (name, hours) in [
            ("new.cwasm", 1),
            ("old.cwasm", 3),
            ("between.cwasm", 2),
            ("other", 9),
        ] {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_len(100).expect("a length");
            let time = now - Duration::from_hours(hours);
            file.set_modified(time).expect("a time");
        }
        for (max_bytes, want) in [
            (
                300,
                vec!["between.cwasm", "new.cwasm", "old.cwasm", "other"],
            ),
            (299, vec!["between.cwasm", "new.cwasm", "other"]),
            (150, vec!["new.cwasm", "other"]),
            (0, vec!["other"]),
        ] {
            remove_oldest(folder.path(), max_bytes);
            let entries = fs::read_dir(folder.path()).expect("the folder");
            let mut got: Vec<String> = entries
                .map(|entry| {
                    entry
                        .expect("an entry")
                        .file_name()
                        .into_string()
                        .expect("a name")
                })
                .collect();
            got.sort_unstable();
            assert_eq!(got, want, "at most {max_bytes} bytes");
        }
    }
}
