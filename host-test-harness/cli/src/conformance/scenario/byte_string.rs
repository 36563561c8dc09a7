//! Bytes as a scenario writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::placeholders::Placeholders;

/// Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum ByteString {
    /// A string, encoded as UTF-8.
    Text(String),
    /// Arbitrary bytes.
    Base64 {
        /// The bytes in base64.
        base64: String,
    },
    /// A repeated string, encoded as UTF-8.
    Repeated {
        /// The string.
        repeat: String,
        /// The number of repetitions.
        times: usize,
    },
}

impl Default for ByteString {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl ByteString {
    /// The bytes, with the placeholders filled in.
    ///
    /// # Errors
    ///
    /// A sentence if the base64 is invalid.
    pub(in crate::conformance) fn bytes(
        &self,
        placeholders: &Placeholders,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(placeholders.fill(text).into_bytes()),
            Self::Base64 { base64 } => STANDARD
                .decode(base64)
                .map_err(|error| format!("`{base64}` is not base64: {error}")),
            Self::Repeated { repeat, times } => {
                Ok(placeholders.fill(repeat).repeat(*times).into_bytes())
            }
        }
    }
}
