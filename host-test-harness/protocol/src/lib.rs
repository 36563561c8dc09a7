//! The probe protocol: JSON that describes requests to a probe, and its outcomes.
//!
//! The body of `POST /` is a JSON array of [`Description`]s, of requests that the probe makes one after the other.
//! With the path [`CONCURRENT_PATH`] it makes them at the same time. The body of the probe's response is a JSON array
//! of [`Outcome`]s, one for each description, in order.
//! Message bodies are base64, header fields are pairs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The path of a request to a probe that makes all described requests at the same time.
pub const CONCURRENT_PATH: &str = "/concurrent";

/// A request for the probe to make.
///
/// The fields from `raw_headers` on are for calls over `wasi:http` only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The method, such as `GET`.
    pub method: String,
    /// The URI, which the probe passes to the SDK unchanged.
    pub uri: String,
    /// The header fields in order; names may repeat.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body; an absent body differs from an empty one.
    #[serde(default)]
    pub body: Option<Body>,
    /// Further header fields, whose values are bytes that need not be UTF-8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw_headers: Vec<(String, Body)>,
    /// The body in pieces, instead of `body`. The probe sends a piece, reads as many bytes of the response as it has
    /// sent, and only then sends the next piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Body>,
    /// Whether the SDK follows redirects (the default), or returns the response that is a redirect.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub follow_redirects: bool,
    /// The deadline of the whole call, in milliseconds after its start; the probe gives it to the SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A response, with any status.
    Response {
        /// The status code.
        status: u16,
        /// The header fields, one pair for each value.
        headers: Vec<(String, String)>,
        /// The whole body; `None` if the host passed none.
        body: Option<Body>,
        /// The trailers, one pair for each value. Only `wasi:http` has them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        trailers: Vec<(String, String)>,
    },
    /// No response.
    Error {
        /// The SDK's error kind in kebab-case, or the case of the WIT enum.
        kind: String,
        /// The SDK's error message.
        message: String,
        /// The method in the error.
        #[serde(default)]
        method: Option<String>,
        /// The URL in the error.
        #[serde(default)]
        url: Option<String>,
        /// The error code of `wasi:http`, such as `connection-refused`, if the SDK gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
}

/// A body; base64 in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD
            .decode(text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

fn yes() -> bool {
    true
}

/// Reads the body of a request to the probe, passes each description to `send`, and returns the body of the response.
///
/// # Errors
///
/// If `body` is not a JSON array of descriptions.
pub fn respond(
    body: &[u8],
    mut send: impl FnMut(Description) -> Outcome,
) -> Result<Vec<u8>, serde_json::Error> {
    let descriptions: Vec<Description> = serde_json::from_slice(body)?;
    let outcomes: Vec<Outcome> = descriptions.into_iter().map(&mut send).collect();
    serde_json::to_vec(&outcomes)
}
