//! Bodies, both ways: bytes, and text or base64.

use std::ffi::OsStr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::document::Passage;
use super::error::Problem;
use super::fields::{fields_from_har, fields_to_har};
use crate::recording::{BodyEnd, RecordedBody};

/// How a body ended, and what followed it.
pub(super) fn passage_to_har(body: &RecordedBody) -> Passage {
    let (end, limit) = match body.end {
        BodyEnd::Complete => (None, None),
        BodyEnd::Stopped => (Some("stopped"), None),
        BodyEnd::Failed => (Some("failed"), None),
        BodyEnd::TooLarge { limit } => (Some("too-large"), Some(limit as u64)),
        BodyEnd::Missing => (Some("missing"), None),
    };
    Passage {
        body_end: end.map(str::to_owned),
        body_limit: limit,
        trailers: fields_to_har(&body.trailers),
    }
}

/// A body without its bytes.
pub(super) fn passage_from_har(passage: &Passage) -> Result<RecordedBody, Problem> {
    let limit = passage.body_limit.and_then(|limit| limit.try_into().ok());
    let end = match passage.body_end.as_deref() {
        None => BodyEnd::Complete,
        Some("stopped") => BodyEnd::Stopped,
        Some("failed") => BodyEnd::Failed,
        Some("too-large") => BodyEnd::TooLarge {
            limit: limit.unwrap_or_default(),
        },
        Some("missing") => BodyEnd::Missing,
        Some(other) => {
            let problem = format!(
                "unknown end `{}`; the ends are stopped, failed, too-large and missing",
                other.escape_debug()
            );
            return Err(Problem::new("_bodyEnd", problem));
        }
    };
    Ok(RecordedBody {
        bytes: Bytes::new(),
        size: 0,
        trailers: fields_from_har(&passage.trailers, "_trailers")?,
        end,
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
