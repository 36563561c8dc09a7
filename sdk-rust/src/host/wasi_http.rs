//! The interface `wasi:http` 0.2: the import `outgoing-handler` and the export `incoming-handler`.

pub(crate) mod bindings;
#[cfg(target_family = "wasm")]
mod call;
#[cfg(target_family = "wasm")]
mod deadline;
#[cfg(target_family = "wasm")]
mod download;
pub(crate) mod error_code;
#[cfg(target_family = "wasm")]
mod incoming;
#[cfg(target_family = "wasm")]
mod outgoing;
#[cfg(target_family = "wasm")]
mod upload;

#[cfg(target_family = "wasm")]
pub(crate) use call::{send_all, send_streaming};
#[cfg(target_family = "wasm")]
pub(crate) use download::Incoming;
#[cfg(target_family = "wasm")]
pub use incoming::handle;

/// The length of a body that the fields of its message say.
#[cfg(target_family = "wasm")]
fn length_of(fields: &[(String, Vec<u8>)]) -> Option<u64> {
    let mut lengths = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| parse_length(value));
    let length = lengths.next()??;
    lengths.all(|other| other == Some(length)).then_some(length)
}

/// A `content-length`, which is digits only (RFC 9110 section 8.6).
#[cfg(target_family = "wasm")]
fn parse_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// A message that the host does not take, in words that name the field.
#[cfg(target_family = "wasm")]
fn refused_field(fields: &[(String, Vec<u8>)]) -> String {
    use bindings::wasi::http::types::Fields;

    let refused = fields
        .iter()
        .find(|field| Fields::from_list(std::slice::from_ref(*field)).is_err());
    match refused {
        Some((name, _)) => format!("the header `{name}`"),
        None => "the headers together, which may be too large".to_owned(),
    }
}
