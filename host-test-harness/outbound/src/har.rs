//! Files of recordings: HAR 1.2, which browsers and their developer tools open.
//!
//! [`HarRecording`] records calls to a file and answers calls from it. [`HarWriter`] writes the exchanges of a
//! [`Recording`](crate::recording::Recording), and [`read_file`] reads a file back. It also reads the files of Chromium,
//! Firefox, Playwright and mitmproxy.
//!
//! The format is that of <http://www.softwareishard.com/blog/har-12-spec/>. What it has no place for is in fields of
//! our own, whose names begin with an underscore as the format demands; other programs ignore them:
//!
//! | field | in | meaning |
//! |---|---|---|
//! | `_exact` | entry | the bodies are the bytes on the wire: not decoded, not converted to another charset |
//! | `_direction` | entry | `inbound` for a request that the guest received |
//! | `_chain` | entry | a number: an inbound request has that of the outbound calls that it led to |
//! | `_component`, `_hop`, `_rule` | entry | as in [`Exchange`](crate::Exchange) |
//! | `_via` | entry | where the response came from: `{"kind": "network", "address": …}`, `in-process`, `mock` |
//! | `_bodyEnd`, `_bodyLimit` | request, response | how the body ended, if it is not whole: [`BodyEnd`](crate::recording::BodyEnd) |
//! | `_trailers` | request, response | the fields after the body |
//! | `_error` | response | why the response is missing or incomplete, or, in an inbound entry, not the one of the guest, in one sentence; Chromium has this field, too |
//! | `_errorKind` | response | the [`TransportError`](crate::TransportError) that a replay repeats |
//! | `_errorCode`, `_errorDetails` | response | as in [`Outcome::Failed`](crate::Outcome::Failed) |
//! | `_valueBase64` | header field | the value, if it is not UTF-8; `value` has it read as ISO-8859-1 |
//! | `_encoding` | `postData` | `base64`, as `encoding` in `content` |
//!
//! A response without a head has the status 0.

mod content;
mod cookies;
mod document;
mod error;
mod failure;
mod fields;
mod file;
mod read;
mod recording;
mod text;
mod write;

pub use document::{
    Cache, Content, Cookie, Creator, Entry, Field, Har, Log, Parameter, Passage, PostData,
    QueryParameter, Request, Response, Timings,
};
pub use error::HarError;
pub use file::HarWriter;
pub use read::{read, read_file};
pub use recording::HarRecording;

/// The version of the format that is written. Files of any version 1 are read.
pub const VERSION: &str = "1.2";
