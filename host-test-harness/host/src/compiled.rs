//! The cache of compiled components on disk: each component is compiled once, and later mapped into memory.
//!
//! The files are trusted like the harness's own executable, since only the user can write to their folder.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcetera::BaseStrategy as _;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The most bytes that all files together may use: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

const EXTENSION: &str = "cwasm";

/// Loads a component from the cache; compiles it if the cache does not have its code for `engine`.
pub(crate) fn load(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
    let Some(folder) = folder() else {
        return Component::from_binary(engine, bytes);
    };
    let path = folder.join(file_name(engine, bytes));
    if let Some(component) = read(engine, &path) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    let code = component.serialize()?;
    match write(&path, &code) {
        Ok(()) => remove_oldest(&folder, MAX_BYTES),
        Err(error) => tracing::warn!(
            "{}: cannot cache the compiled component, so it will be compiled again next time: {error}",
            path.display()
        ),
    }
    Ok(component)
}

/// The folder `spin-harness` in the user's cache folder; `None` without a home folder, which only costs time.
fn folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy()
        .inspect_err(|error| tracing::warn!("no cache folder, so components are compiled on every start: {error}"))
        .ok()
        .map(|folders| folders.cache_dir().join("spin-harness"))
}

/// The name depends on what the code depends on: the component, and the engine's version, settings and processor.
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
        reason = "wasmtime maps the code unchecked, and cannot know who wrote it"
    )]
    // SAFETY: `write` wrote the complete file for an equal engine. It is never changed, only replaced or removed, in a
    // folder that no other user can write to.
    let component = unsafe {
        // On a file system that is mounted `noexec`, the file cannot be mapped as code, but it can be copied.
        Component::deserialize_file(engine, path)
            .or_else(|_| Component::deserialize(engine, fs::read(path)?))
    };
    let component = component
        .inspect_err(|error| tracing::warn!("{}: the cached code is unusable, so the component is compiled again: {error:#}", path.display()))
        .ok()?;
    // Files are removed by time of last use. If the time cannot be set, the file is removed too early.
    let used = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    drop(used);
    Some(component)
}

/// Writes the whole file or, even if the machine crashes, no file.
fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    create_folder(folder)?;
    // The suffix makes `remove_oldest` remove temporary files of killed processes too.
    let suffix = format!(".{EXTENSION}");
    let mut file = tempfile::Builder::new()
        .suffix(&suffix)
        .tempfile_in(folder)?;
    file.write_all(code)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Creates a folder and those above it. New folders are private to the user, since the files in them are executed.
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
        .filter(|path| path.extension() == Some(OsStr::new(EXTENSION)))
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
            // Another process may have removed it already.
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
