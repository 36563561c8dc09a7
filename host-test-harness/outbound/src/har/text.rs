//! The text of a file, down to its entries, with the position of each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::Entry;
use super::error::HarError;

/// A file whose entries are still text.
#[derive(Debug)]
pub(super) struct HarText<'a> {
    file: &'a Path,
    text: &'a str,
    /// The fields of `log` but for `entries`.
    pub(super) log: BTreeMap<String, &'a RawValue>,
    pub(super) entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Root<'a> {
    #[serde(borrow)]
    log: &'a RawValue,
}

impl<'a> HarText<'a> {
    pub(super) fn parse(file: &'a Path, input: &'a [u8]) -> Result<Self, HarError> {
        // A byte order mark is allowed and ignored (HAR 1.2, "Specification").
        let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let text = std::str::from_utf8(input).map_err(|error| {
            let valid = input.get(..error.valid_up_to()).unwrap_or_default();
            HarError::new(file, "the file is not UTF-8")
                .at(position(&String::from_utf8_lossy(valid)))
                .caused_by(error)
        })?;
        let json = |within: &str, field: &str, error: serde_json::Error| {
            from_json(file, start_of(text, within), error).in_field(field)
        };
        let root: Root<'_> = serde_json::from_str(text).map_err(|error| json(text, "", error))?;
        let raw = root.log.get();
        let mut log: BTreeMap<String, &RawValue> =
            serde_json::from_str(raw).map_err(|error| json(raw, "log", error))?;
        check_version(file, text, &log)?;
        let Some(entries) = log.remove("entries") else {
            return Err(HarError::new(file, "it has no `entries`")
                .at(start_of(text, raw))
                .in_field("log"));
        };
        let raw = entries.get();
        let entries = serde_json::from_str(raw).map_err(|error| json(raw, "log.entries", error))?;
        Ok(Self {
            file,
            text,
            log,
            entries,
        })
    }

    /// Where an entry begins.
    pub(super) fn position(&self, raw: &RawValue) -> (usize, usize) {
        start_of(self.text, raw.get())
    }

    /// The entry of a number.
    pub(super) fn entry(&self, index: usize, raw: &RawValue) -> Result<Entry, HarError> {
        let json = well_formed(raw.get());
        let mut deserializer = serde_json::Deserializer::from_str(&json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let field = error.path().to_string();
            let error = from_json(self.file, self.position(raw), error.into_inner());
            let error = error.in_entry(index);
            if field == "." {
                error
            } else {
                error.in_field(field)
            }
        })
    }
}

fn check_version(
    file: &Path,
    text: &str,
    log: &BTreeMap<String, &RawValue>,
) -> Result<(), HarError> {
    // A file without a version is one of version 1.1 (HAR 1.2, "log").
    let Some(raw) = log.get("version") else {
        return Ok(());
    };
    let version: Option<String> = serde_json::from_str(raw.get()).unwrap_or_default();
    match version.as_deref() {
        Some("") => Ok(()),
        Some(version) if version.starts_with("1.") => Ok(()),
        _ => Err(HarError::new(
            file,
            format!(
                "version {} of HAR cannot be read; 1.1, 1.2 and 1.3 can",
                raw.get()
            ),
        )
        .at(start_of(text, raw.get()))
        .in_field("log.version")),
    }
}

/// The same JSON with U+FFFD in the place of each lone surrogate, as a string of JavaScript becomes bytes (WHATWG
/// Encoding, "UTF-8 encode"). Browsers write lone surrogates of a body as escapes. Each escape keeps its length.
fn well_formed(json: &str) -> Cow<'_, str> {
    const SURROGATES: [&str; 2] = ["\\ud", "\\uD"];
    const ESCAPE_BYTES: usize = "\\uXXXX".len();
    if !SURROGATES.iter().any(|start| json.contains(start)) {
        return Cow::Borrowed(json);
    }
    let surrogate = |text: &str, range: std::ops::RangeInclusive<u16>| {
        let digits = text.strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        unit.is_some_and(|unit| range.contains(&unit))
    };
    let mut shown = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        shown.push_str(before);
        let next = escape.get(ESCAPE_BYTES..).unwrap_or_default();
        let n_bytes = if !surrogate(escape, 0xd800..=0xdfff) {
            // An escaped backslash is not the start of another escape.
            escape
                .char_indices()
                .nth(2)
                .map_or(escape.len(), |(end, _)| end)
        } else if surrogate(escape, 0xd800..=0xdbff) && surrogate(next, 0xdc00..=0xdfff) {
            2 * ESCAPE_BYTES
        } else {
            shown.push_str("\\ufffd");
            rest = next;
            continue;
        };
        let (escape, next) = escape.split_at(n_bytes);
        shown.push_str(escape);
        rest = next;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Line and column of the end of a text, from 1, the column in bytes.
fn position(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let n_newlines = before.bytes().filter(|&byte| byte == b'\n').count();
    (n_newlines + 1, before.len() - line_start + 1)
}

/// The position of `part`, which is a slice of `text`.
fn start_of(text: &str, part: &str) -> (usize, usize) {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    position(text.get(..offset).unwrap_or_default())
}

/// An error of a text that begins at `start`.
fn from_json(file: &Path, start: (usize, usize), error: serde_json::Error) -> HarError {
    let text = error.to_string();
    let problem = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(problem, _)| problem);
    let (line, column) = (error.line().max(1), error.column().max(1));
    let position = match line {
        1 => (start.0, start.1 + column - 1),
        _ => (start.0 + line - 1, column),
    };
    HarError::new(file, problem).at(position).caused_by(error)
}
