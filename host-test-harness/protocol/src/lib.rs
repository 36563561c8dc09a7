//! The JSON in which a probe is told what to request, and tells what it got.
//!
//! A probe answers `POST /` with a JSON array of [`Description`]s by a JSON array of [`Outcome`]s,
//! one for each, in order. Bodies are base64, headers are pairs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One request to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The method's name.
    pub method: String,
    /// The URI, to be given to the SDK as it is.
    pub uri: String,
    /// Header fields in order; a name may repeat.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body; absent is not the same as empty.
    #[serde(default)]
    pub body: Option<Body>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A response, whatever its status.
    Response {
        /// The status code.
        status: u16,
        /// All values of all names.
        headers: Vec<(String, String)>,
        /// The whole body; none if the host gave none.
        body: Option<Body>,
    },
    /// No response.
    Error {
        /// The kind, as the design's table of errors names it for SDKs, or the case of the WIT.
        kind: String,
        /// What the SDK says to a person.
        message: String,
        /// The method that the error names.
        #[serde(default)]
        method: Option<String>,
        /// The URL that the error names.
        #[serde(default)]
        url: Option<String>,
    },
}

/// The bytes of a body, base64 in JSON.
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

/// Answers the body of a request to a probe: each description in turn is given to `send`.
///
/// # Errors
///
/// If the body is not an array of descriptions.
pub fn answer(
    body: &[u8],
    mut send: impl FnMut(Description) -> Outcome,
) -> Result<Vec<u8>, serde_json::Error> {
    let descriptions: Vec<Description> = serde_json::from_slice(body)?;
    let outcomes: Vec<Outcome> = descriptions.into_iter().map(&mut send).collect();
    serde_json::to_vec(&outcomes)
}
