//! Compiled functions on disk, for components that have most of their functions in common: another build of a program,
//! or another program of the same language, whose engine or runtime library is the larger part of it.
//!
//! Cranelift names a function by a hash of everything that its code depends on, its own version and settings included.
//! A compilation writes the functions that it had to compile into one file, whole or not at all, which never changes.
//! It writes none if it found most functions: the others are the program's own, which its next build changes again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use wasmtime::CacheStore;

use super::code_cache;

pub(crate) const EXTENSION: &str = "functions";

/// The length of a function's name: a hash of 256 bits.
const KEY_BYTES: usize = 32;

/// An entry of a file's table: the name of the function, and the length of its code as a number of four bytes.
const ENTRY_BYTES: usize = KEY_BYTES + size_of::<u32>();

type Key = [u8; KEY_BYTES];

/// A compilation that found more than so many functions for each that it compiled writes no file. Some functions have
/// another name in each compilation, up to one in eight.
const FOUND_PER_COMPILED: usize = 3;

/// The functions of the files of a folder, and those that a compilation adds.
#[derive(Debug, Default)]
pub(crate) struct FunctionCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The files that have been opened.
    files: HashMap<PathBuf, Arc<FunctionFile>>,
    functions: HashMap<Key, Location>,
    /// The functions that are in no file yet.
    added: HashMap<Key, Vec<u8>>,
    /// How many functions the compilations since the last file have found.
    n_found: usize,
}

#[derive(Debug)]
struct FunctionFile {
    file: File,
    is_used: AtomicBool,
}

#[derive(Debug, Clone)]
struct Location {
    file: Arc<FunctionFile>,
    offset: u64,
    length: usize,
}

impl FunctionCache {
    /// Opens the files of `folder` that other processes have added. A file that cannot be read is left out.
    pub(crate) fn open(&self, folder: &Path) {
        let mut state = self.lock();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_function_file = path.extension() == Some(OsStr::new(EXTENSION));
            if is_function_file && !state.files.contains_key(&path) {
                match state.open(path.clone()) {
                    Ok(()) => {}
                    Err(error) => tracing::debug!("{}: {error}", path.display()),
                }
            }
        }
    }

    /// Writes the added functions to a new file of `folder`, and marks the files as used from which functions were
    /// taken.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        for file in state.files.values() {
            if file.is_used.swap(false, Ordering::Relaxed) {
                // The least recently used are removed first. If the time cannot be set, the file is removed too early.
                drop(file.file.set_modified(SystemTime::now()));
            }
        }
        let added = std::mem::take(&mut state.added);
        let n_found = std::mem::take(&mut state.n_found);
        if added.is_empty() || n_found > FOUND_PER_COMPILED * added.len() {
            return Ok(());
        }
        let bytes = encode(&added);
        let path = folder.join(format!("{}.{EXTENSION}", blake3::hash(&bytes).to_hex()));
        code_cache::write(&path, &bytes)?;
        state.open(path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for FunctionCache {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let key = Key::try_from(key).ok()?;
        let location = {
            let mut state = self.lock();
            if let Some(code) = state.added.get(&key) {
                return Some(code.clone().into());
            }
            let location = state.functions.get(&key)?.clone();
            state.n_found += 1;
            location
        };
        location.read().map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let Ok(key) = Key::try_from(key) else {
            return false;
        };
        self.lock().added.insert(key, value);
        true
    }
}

impl State {
    fn open(&mut self, path: PathBuf) -> io::Result<()> {
        let file = Arc::new(FunctionFile {
            file: File::open(&path)?,
            is_used: AtomicBool::new(false),
        });
        for (key, offset, length) in table(&file.file)? {
            let location = Location {
                file: Arc::clone(&file),
                offset,
                length,
            };
            self.functions.insert(key, location);
        }
        self.files.insert(path, file);
        Ok(())
    }
}

impl Location {
    /// The code; `None` if the file cannot be read.
    fn read(&self) -> Option<Vec<u8>> {
        let mut code = vec![0; self.length];
        read_exact_at(&self.file.file, &mut code, self.offset).ok()?;
        self.file.is_used.store(true, Ordering::Relaxed);
        Some(code)
    }
}

/// A file: the number of functions in four bytes, an entry for each, and their code in the same order.
fn encode(functions: &HashMap<Key, Vec<u8>>) -> Vec<u8> {
    // A function whose length has no four bytes is left out.
    let entries = functions
        .iter()
        .filter_map(|(key, code)| Some((key, u32::try_from(code.len()).ok()?, code)));
    let entries: Vec<_> = entries.collect();
    let count = u32::try_from(entries.len()).unwrap_or_default();
    let mut bytes = count.to_le_bytes().to_vec();
    for (key, length, _) in &entries {
        bytes.extend_from_slice(*key);
        bytes.extend_from_slice(&length.to_le_bytes());
    }
    for (_, _, code) in entries {
        bytes.extend_from_slice(code);
    }
    bytes
}

/// Fills `buffer` from an offset of a file. Several threads may do so at once.
#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` from an offset of a file. Several threads may do so at once.
#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let n_bytes = std::os::windows::fs::FileExt::seek_read(file, buffer, offset)?;
        if n_bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = std::mem::take(&mut buffer).split_at_mut(n_bytes).1;
        offset += n_bytes as u64;
    }
    Ok(())
}

/// The names, offsets and lengths of the functions of a file.
fn table(file: &File) -> io::Result<Vec<(Key, u64, usize)>> {
    let n_bytes = file.metadata()?.len();
    let mut count = [0; size_of::<u32>()];
    read_exact_at(file, &mut count, 0)?;
    let count = u64::from(u32::from_le_bytes(count));
    let table_start = size_of::<u32>() as u64;
    let table_bytes = count * ENTRY_BYTES as u64;
    let mut offset = table_start + table_bytes;
    if offset > n_bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let table_bytes = usize::try_from(table_bytes).map_err(io::Error::other)?;
    let mut table = vec![0; table_bytes];
    read_exact_at(file, &mut table, table_start)?;
    let (entries, _) = table.as_chunks::<ENTRY_BYTES>();
    let mut functions = Vec::with_capacity(entries.len());
    for entry in entries {
        if let (Some(key), Some(length)) = (entry.first_chunk(), entry.last_chunk()) {
            let length = u32::from_le_bytes(*length);
            functions.push((*key, offset, length as usize));
            offset += u64::from(length);
        }
    }
    Ok(functions)
}
