//! Files on disk: written whole or not at all, and nothing that was recorded is lost.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::VERSION;
use super::document::{Creator, Entry};
use super::error::HarError;
use super::text::HarText;
use crate::recording::{Existing, RecordedExchange, Redaction};

/// What the name of the file has that keeps the entries of a run under way.
const PARTIAL: &str = ".partial";

/// What each line of that file begins with.
const ENTRY_START: &[u8] = b"{\"startedDateTime\":";

/// How many links that lead to a missing file are followed, as on Linux.
const MAX_LINKS: usize = 40;

/// Writes exchanges to a file.
///
/// The file is replaced as a whole by [`finish`](Self::finish), or when the writer is dropped. Until then each entry
/// is a line of a file beside it, `NAME.partial`, which has it as soon as [`append`](Self::append) returns. If the
/// run is interrupted, that file remains, and the next writer of the same path adds its entries to those of the file.
/// The operating system may hold both for a while before they are on the disk; the file is synchronised before it
/// takes its place. Without an exchange, a file that exists stays as it is.
///
/// A new file can be read by its owner only, since bodies may have secrets; a file that is replaced keeps its mode.
///
/// ```
/// use std::sync::Arc;
///
/// use harness_outbound::Caller;
/// use harness_outbound::har::{HarError, HarWriter};
/// use harness_outbound::recording::{Existing, Recording, Redaction};
///
/// fn record(caller: &mut Caller) -> Result<Arc<HarWriter>, HarError> {
///     let writer = HarWriter::create(
///         "recording.har".as_ref(),
///         Existing::Replace,
///         Redaction::default(),
///     )?;
///     let writer = Arc::new(writer);
///     let sink = Arc::clone(&writer);
///     Recording::new(move |exchange| sink.append(&exchange)).attach(caller);
///     Ok(writer) // Call `finish` at the end of the run.
/// }
/// ```
#[derive(Debug)]
pub struct HarWriter {
    path: PathBuf,
    existing: Existing,
    redaction: Redaction,
    /// `None` once the file is finished.
    run: Mutex<Option<Run>>,
}

/// A run under way.
#[derive(Debug)]
struct Run {
    partial: File,
    /// Whether no exchange was added.
    is_empty: bool,
    /// The first error of an append, which ends the run.
    error: Option<HarError>,
}

impl HarWriter {
    /// Begins a recording to `path`. Nothing is read from the file, and it need not exist, if its exchanges are to be
    /// replaced.
    ///
    /// # Errors
    ///
    /// [`HarError`] if the folder cannot be written, if `path` names something that is not a file, or a file that is
    /// read-only, if another run records to the same path, if the file is to be kept or completed and cannot be read,
    /// or if `NAME.partial` is not what a run that was interrupted leaves.
    pub fn create(path: &Path, existing: Existing, redaction: Redaction) -> Result<Self, HarError> {
        let path = destination(path)?;
        if existing == Existing::Keep && path.exists() {
            check(&path)?;
        }
        let partial_path = partial_path(&path);
        let cannot = |doing: &str, error| HarError::from_io(&partial_path, doing, error);
        if let Ok(found) = partial_path.symlink_metadata()
            && !found.is_file()
        {
            let problem = "not a file of a recording, which has this name; move it away";
            return Err(HarError::new(&partial_path, problem));
        }
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let partial = options
            .read(true)
            .append(true)
            .create(true)
            .open(&partial_path)
            .map_err(|error| cannot("cannot open the file", error))?;
        match partial.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HarError::new(&path, "another run records to this file"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot("cannot lock the file", error)),
        }
        let left = left(&partial, &partial_path)?;
        if left.has_bytes {
            tracing::warn!(
                file = %path.display(),
                "the last run that recorded to this file was interrupted; the {} exchanges that it had recorded are \
                 added to the file",
                left.n_entries
            );
            // The run may have ended while it wrote its last entry.
            partial
                .set_len(left.n_whole_bytes)
                .map_err(|error| cannot("cannot cut the file", error))?;
        }
        if existing == Existing::Keep && left.n_entries > 0 {
            write(&path, Existing::Keep, &partial)?;
            partial
                .set_len(0)
                .map_err(|error| cannot("cannot empty the file", error))?;
        }
        Ok(Self {
            path,
            existing,
            redaction,
            run: Mutex::new(Some(Run {
                partial,
                is_empty: left.n_entries == 0 || existing == Existing::Keep,
                error: None,
            })),
        })
    }

    /// Adds an exchange, without what the redaction names.
    ///
    /// An error is logged, ends the recording, and is returned by [`finish`](Self::finish): the guest whose exchange
    /// this is cannot do anything about it.
    pub fn append(&self, exchange: &RecordedExchange) {
        let entry = Entry::new(exchange, &self.redaction);
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(run) = run.as_mut() else {
            tracing::warn!(
                file = %self.path.display(), url = entry.request.url,
                "an exchange ended after its recording was finished, and is not recorded"
            );
            return;
        };
        if run.error.is_some() {
            return;
        }
        let written = serde_json::to_vec(&entry)
            .map_err(std::io::Error::from)
            .and_then(|mut line| {
                line.push(b'\n');
                run.partial.write_all(&line)
            });
        run.is_empty = false;
        if let Err(error) = written {
            let error =
                HarError::from_io(&partial_path(&self.path), "cannot write the file", error);
            tracing::error!("the recording ends: {error}");
            run.error = Some(error);
        }
    }

    /// Writes the file. The writer records nothing after that.
    ///
    /// # Errors
    ///
    /// [`HarError`] if the file cannot be written, or if an exchange could not be added. What was recorded stays in
    /// `NAME.partial`.
    pub fn finish(&self) -> Result<(), HarError> {
        let run = self
            .run
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(run) = run else {
            return Ok(());
        };
        if let Some(error) = run.error {
            return Err(error);
        }
        let partial_path = partial_path(&self.path);
        let remove_partial = || {
            std::fs::remove_file(&partial_path)
                .map_err(|error| HarError::from_io(&partial_path, "cannot remove the file", error))
        };
        if run.is_empty && self.path.exists() {
            tracing::warn!(
                file = %self.path.display(),
                "nothing was recorded, so the file stays as it is"
            );
            return remove_partial();
        }
        write(&self.path, self.existing, &run.partial)?;
        remove_partial()
    }
}

impl Drop for HarWriter {
    fn drop(&mut self) {
        if let Some(run) = self.run.get_mut().unwrap_or_else(PoisonError::into_inner)
            && run.is_empty
        {
            // A run that ended before its first exchange replaces nothing.
            self.run = Mutex::default();
            drop(std::fs::remove_file(partial_path(&self.path)));
            return;
        }
        if let Err(error) = self.finish() {
            tracing::error!("the recording is not complete: {error}");
        }
    }
}

/// Why a file cannot be read; of a run that was interrupted, that it can be completed.
pub(super) fn cannot_read(path: &Path, error: std::io::Error) -> HarError {
    if error.kind() == std::io::ErrorKind::NotFound && partial_path(path).exists() {
        let problem = "the run that recorded this file was interrupted, or is under way; \
             record to it once more, which completes it";
        return HarError::new(path, problem).caused_by(error);
    }
    HarError::from_io(path, "cannot read the file", error)
}

/// The file that a recording replaces. A link stays a link to it, even if the file does not exist yet.
fn destination(path: &Path) -> Result<PathBuf, HarError> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match path.canonicalize() {
            Ok(file) => {
                let found = regular(&path)?;
                return if found.permissions().readonly() {
                    let problem =
                        "the file is read-only; make it writable, or record to another path";
                    Err(HarError::new(&path, problem))
                } else {
                    Ok(file)
                };
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let Ok(target) = path.read_link() else {
                    return Ok(path);
                };
                path = path.parent().unwrap_or(Path::new("")).join(target);
            }
            Err(error) => return Err(HarError::from_io(&path, "cannot find the file", error)),
        }
    }
    Err(HarError::new(&path, "too many links"))
}

/// Refuses what is not a regular file: a recording would replace it, and to open a pipe may wait for ever.
pub(super) fn regular(path: &Path) -> Result<Metadata, HarError> {
    let found = std::fs::metadata(path)
        .map_err(|error| HarError::from_io(path, "cannot read the file", error))?;
    if found.is_dir() {
        Err(HarError::new(path, "a folder; name a file to record to"))
    } else if found.is_file() {
        Ok(found)
    } else {
        let problem = "not a regular file, as a recording is; record to another path";
        Err(HarError::new(path, problem))
    }
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PARTIAL);
    PathBuf::from(name)
}

/// A file that cannot be kept is an error at the beginning of a run, and not at its end.
fn check(path: &Path) -> Result<(), HarError> {
    let input = std::fs::read(path).map_err(|error| cannot_read(path, error))?;
    HarText::parse(path, &input).map(drop)
}

/// Replaces the file by one with the entries of `partial`.
fn write(path: &Path, existing: Existing, partial: &File) -> Result<(), HarError> {
    let kept = match existing {
        Existing::Keep if path.exists() => {
            Some(std::fs::read(path).map_err(|error| cannot_read(path, error))?)
        }
        Existing::Keep | Existing::Replace => None,
    };
    let kept = kept.as_deref().map(|input| HarText::parse(path, input));
    let kept = kept.transpose()?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let cannot = |error| HarError::from_io(path, "cannot write the file", error);
    // Its owner alone can read it.
    let mut temporary = NamedTempFile::new_in(folder).map_err(cannot)?;
    if let Ok(replaced) = std::fs::metadata(path) {
        let permissions = replaced.permissions();
        temporary
            .as_file()
            .set_permissions(permissions)
            .map_err(cannot)?;
    }
    compose(&mut temporary, kept.as_ref(), partial)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(cannot)?;
    temporary
        .persist(path)
        .map_err(|error| cannot(error.error))?;
    Ok(())
}

/// What a run that was interrupted has left.
#[derive(Default)]
struct Left {
    has_bytes: bool,
    n_entries: usize,
    /// The size of these entries.
    n_whole_bytes: u64,
}

/// Reads what an interrupted run has left, and refuses a file that no run has written: it would become a part of the
/// recording, and be removed.
fn left(mut partial: &File, path: &Path) -> Result<Left, HarError> {
    let cannot_read = |error| HarError::from_io(path, "cannot read the file", error);
    partial.rewind().map_err(cannot_read)?;
    let mut left = Left::default();
    let mut lines = BufReader::new(partial);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(cannot_read)? > 0 {
        left.has_bytes = true;
        let is_entry = match line.strip_suffix(b"\n") {
            Some(entry) => serde_json::from_slice::<Entry>(entry).is_ok(),
            None => line.iter().zip(ENTRY_START).all(|(got, want)| got == want),
        };
        if !is_entry {
            let problem = "not an entry of a recording, for which this file is; move the file away";
            return Err(HarError::new(path, problem).at((left.n_entries + 1, 1)));
        }
        if line.ends_with(b"\n") {
            left.n_entries += 1;
            left.n_whole_bytes += line.len() as u64;
        }
        line.clear();
    }
    Ok(left)
}

/// One line for each entry, so that the file can be compared and searched by line.
fn compose(
    file: impl Write,
    kept: Option<&HarText<'_>>,
    mut partial: &File,
) -> std::io::Result<()> {
    let mut file = BufWriter::new(file);
    file.write_all(b"{\"log\":{")?;
    match kept {
        Some(kept) => {
            for (name, value) in &kept.log {
                serde_json::to_writer(&mut file, name)?;
                write!(file, ":{value},")?;
            }
        }
        None => {
            file.write_all(b"\"version\":")?;
            serde_json::to_writer(&mut file, VERSION)?;
            file.write_all(b",\"creator\":")?;
            serde_json::to_writer(&mut file, &Creator::harness())?;
            file.write_all(b",")?;
        }
    }
    file.write_all(b"\"entries\":[")?;
    let mut separator = "\n";
    for entry in kept.map_or(&[][..], |kept| kept.entries.as_slice()) {
        write!(file, "{separator}{entry}")?;
        separator = ",\n";
    }
    // A recording may be larger than the memory.
    partial.rewind()?;
    let mut lines = BufReader::new(partial);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        file.write_all(separator.as_bytes())?;
        separator = ",\n";
        file.write_all(line.strip_suffix(b"\n").unwrap_or(&line))?;
        line.clear();
    }
    file.write_all(b"\n]}}\n")?;
    file.flush()
}
