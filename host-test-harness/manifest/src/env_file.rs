//! The file `.env` beside a manifest, which sets environment variables as in Spin.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{ManifestError, ManifestErrorKind, ManifestWarning, Place};
use crate::nearest::nearest;
use crate::variables::{VARIABLE_PREFIX, Variables};

/// The name of the file, in the folder of the manifest.
pub const ENV_FILE: &str = ".env";

/// Reads the file, in the format of the crate `dotenvy`. A file that does not exist sets nothing.
pub(crate) fn read(folder: &Path) -> Result<BTreeMap<String, String>, ManifestError> {
    let path = folder.join(ENV_FILE);
    // A folder of that name is often a virtual environment of Python.
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read(&path).map_err(|cause| {
        let message = format!("{cause}; correct or remove the file");
        ManifestError::new(Place::file(&path), ManifestErrorKind::Io, message).with_source(cause)
    })?;
    // Some editors of Windows begin each file with it.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    let n_read = Cell::new(0);
    let reader = LineByLine {
        rest: text,
        n_read: &n_read,
    };
    let mut n_before = 0;
    let mut variables = BTreeMap::new();
    for line in dotenvy::Iter::new(reader) {
        let (name, value) = line.map_err(|_may_show_a_secret| {
            let mut place = Place::file(&path);
            place.line = Some(first_line(text, n_before));
            let message = "invalid line; use `NAME=value` or `NAME=\"value\"`";
            ManifestError::new(place, ManifestErrorKind::Syntax, message)
        })?;
        variables.insert(name, value);
        n_before = n_read.get();
    }
    Ok(variables)
}

/// Warns of each variable of `env_file`, which is in `folder`, that the application does not have.
pub(crate) fn unknown_variables(
    folder: &Path,
    env_file: &BTreeMap<String, String>,
    variables: &Variables,
) -> Vec<ManifestWarning> {
    let known: Vec<&str> = variables.iter().map(|(name, _)| name).collect();
    let set = env_file.keys().filter_map(|key| {
        let name = key.strip_prefix(VARIABLE_PREFIX)?.to_lowercase();
        variables.get(&name).is_none().then_some((key, name))
    });
    set.map(|(key, name)| {
        let suggestion = match nearest(&name, &known) {
            Some(nearest) => format!(
                "did you mean `{VARIABLE_PREFIX}{}`?",
                nearest.to_uppercase()
            ),
            None => "define it in `[variables]`, or remove the line".to_owned(),
        };
        ManifestWarning::new(
            Place::file(&folder.join(ENV_FILE)),
            format!("`{key}` sets an unknown variable; {suggestion}"),
        )
    })
    .collect()
}

/// The first line after `n_before` lines that is neither empty nor a comment, counted from 1.
fn first_line(text: &[u8], n_before: usize) -> usize {
    let lines = text.split(|byte| *byte == b'\n').skip(n_before);
    let empty = lines.take_while(|line| {
        let line = line.trim_ascii_start();
        line.is_empty() || line.starts_with(b"#")
    });
    n_before + empty.count() + 1
}

/// Gives at most one line to each read, and counts the lines: the parser does not say where it is.
struct LineByLine<'a> {
    rest: &'a [u8],
    n_read: &'a Cell<usize>,
}

impl Read for LineByLine<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let n_bytes = line.min(buffer.len());
        let (read, rest) = self.rest.split_at(n_bytes);
        if let Some(buffer) = buffer.get_mut(..n_bytes) {
            buffer.copy_from_slice(read);
        }
        self.rest = rest;
        self.n_read
            .set(self.n_read.get() + usize::from(read.ends_with(b"\n")));
        Ok(n_bytes)
    }
}
