//! Bodies, both ways: bytes, and text or base64.

use std::ffi::OsStr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::error::Problem;
use crate::recording::BodyEnd;

/// The name in a file of how a body ended, and its limit; nothing for a whole body.
pub(super) fn end_to_har(end: BodyEnd) -> (Option<String>, Option<u64>) {
    let (name, limit) = match end {
        BodyEnd::Complete => return (None, None),
        BodyEnd::Stopped => ("stopped", None),
        BodyEnd::Failed => ("failed", None),
        BodyEnd::TooLarge { limit } => ("too-large", Some(limit as u64)),
        BodyEnd::Missing => ("missing", None),
    };
    (Some(name.to_owned()), limit)
}

pub(super) fn end_from_har(name: Option<&str>, limit: Option<u64>) -> Result<BodyEnd, Problem> {
    let limit = || limit.and_then(|limit| usize::try_from(limit).ok());
    Ok(match name {
        None => BodyEnd::Complete,
        Some("stopped") => BodyEnd::Stopped,
        Some("failed") => BodyEnd::Failed,
        Some("too-large") => BodyEnd::TooLarge {
            limit: limit().unwrap_or_default(),
        },
        Some("missing") => BodyEnd::Missing,
        Some(other) => {
            let problem = format!(
                "`{}` is none of stopped, failed, too-large and missing",
                other.escape_debug()
            );
            return Err(Problem::new("_bodyEnd", problem));
        }
    })
}

/// The text of a body and its encoding.
pub(super) fn text_of(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (STANDARD.encode(bytes), Some("base64".to_owned())),
    }
}

/// The bytes of a text in an encoding.
pub(super) fn bytes_of(text: &str, encoding: Option<&str>) -> Result<Bytes, Problem> {
    match encoding {
        None | Some("") => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some("base64") => STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|error| Problem::new("text", format!("invalid base64: {error}"))),
        Some(other) => Err(Problem::new(
            "encoding",
            format!(
                "unknown encoding `{}`; the encoding is `base64` or left out",
                other.escape_debug()
            ),
        )),
    }
}

/// The bytes of a file beside the recording, as Playwright writes bodies in its mode `attach`. A recording may come from
/// a stranger, so it cannot name a file elsewhere, a hidden one, or a link to one elsewhere.
pub(super) fn bytes_of_file(folder: Option<&Path>, name: &str) -> Result<Bytes, Problem> {
    let problem = |problem: String| Problem::new("_file", problem);
    let Some(folder) = folder else {
        return Err(problem(
            "the body is in another file, so the recording must be read by its path; or record with `content: \"embed\"`"
                .to_owned(),
        ));
    };
    let shown = name.escape_debug();
    let cannot_read = |error| problem(format!("cannot read `{shown}`: {error}"));
    let elsewhere = || {
        problem(format!(
            "`{shown}` is not the name of a file in the folder of the recording; a path, a hidden file and a link to \
             another folder are not read"
        ))
    };
    if name.starts_with('.') || Path::new(name).file_name() != Some(OsStr::new(name)) {
        return Err(elsewhere());
    }
    // The folder of a path without one is the current folder.
    let folder = Path::new(".").join(folder);
    let folder = folder.canonicalize().map_err(cannot_read)?;
    let file = folder.join(name).canonicalize().map_err(cannot_read)?;
    if file.parent() != Some(&*folder) || !file.is_file() {
        return Err(elsewhere());
    }
    std::fs::read(file).map(Bytes::from).map_err(cannot_read)
}
