//! Requests and responses as the SDK exchanges them with a host, whichever host it is.
//!
//! The conversions in `request`, `response` and `headers` lie above, the modules of `host` below.

use crate::http::Method;

/// The value of a header field as the host's interface carries it: text.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) type FieldValue = str;

/// The value of a header field as the host's interface carries it: bytes.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub(crate) type FieldValue = [u8];

/// A value that is text.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn text_value(text: String) -> String {
    text
}

/// A value that is text.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub(crate) fn text_value(text: String) -> Vec<u8> {
    text.into_bytes()
}

/// An outbound request with its whole body. Its parts are borrowed from the program's request.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
#[derive(Debug)]
pub(crate) struct WireRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(&'a str, &'a FieldValue)>,
    pub(crate) body: Option<&'a [u8]>,
}

/// An inbound request. Its URI is the path and query that the host passes.
#[derive(Debug)]
pub(crate) struct WireInbound {
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, <FieldValue as ToOwned>::Owned)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// A response, of the host or of the handler.
#[derive(Debug, Default)]
pub(crate) struct WireResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, <FieldValue as ToOwned>::Owned)>,
    pub(crate) body: Option<Vec<u8>>,
}
