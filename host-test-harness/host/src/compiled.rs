//! Compiled components on disk, so that each is compiled once and mapped into memory when it is loaded again.
//!
//! The files are trusted as the harness's own executable is: their folder is the user's.

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

/// What all files together may take: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

const EXTENSION: &str = "cwasm";

/// Loads a component, compiling it if no file has what it compiles to in `engine`.
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
            "{}: the compiled component cannot be kept, and is compiled again next time: {error}",
            path.display()
        ),
    }
    Ok(component)
}

/// In the user's cache folder. Without a home folder there is none, which costs time and nothing else.
fn folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy()
        .inspect_err(|error| tracing::warn!("components are compiled anew each time: {error}"))
        .ok()
        .map(|folders| folders.cache_dir().join("spin-harness"))
}

/// By what the code depends on: the component, and the engine with its version, settings and processor.
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
        reason = "wasmtime maps the code without a look at it, and cannot know who wrote it"
    )]
    // SAFETY: `write` wrote the file, whole and for an engine like this one, and nothing changes it: it is only
    // ever replaced or removed, in a folder that nobody else can write in.
    let component = unsafe {
        // A file cannot be mapped as code where the file system is mounted `noexec`, but it can be copied.
        Component::deserialize_file(engine, path)
            .or_else(|_| Component::deserialize(engine, fs::read(path)?))
    };
    let component = component
        .inspect_err(|error| tracing::warn!("{}: compiled again: {error:#}", path.display()))
        .ok()?;
    // The oldest are removed first. Without the time of its use a file is only removed too early.
    let used = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    drop(used);
    Some(component)
}

/// Writes a file as a whole or not at all, also if the machine stops meanwhile.
fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    create_folder(folder)?;
    // One that is left over, since its process was killed, is removed like the others.
    let suffix = format!(".{EXTENSION}");
    let mut file = tempfile::Builder::new()
        .suffix(&suffix)
        .tempfile_in(folder)?;
    file.write_all(code)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// With the folders above it; each that is new is the user's alone, since the files in it are run.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes the files that were not used for the longest time, until the others fit in `max_bytes`.
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
    fn the_files_that_were_not_used_for_the_longest_time_go_first() {
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
