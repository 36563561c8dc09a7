//! The document: the objects of HAR 1.2 under their own names, and the fields of our own.
//!
//! A field that a program may leave out, against the specification or not, is optional when it is read if a recording
//! does not need it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::exchange::Via;

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Har {
    /// Its only field.
    pub log: Log,
}

/// `log`: everything that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The version of the format.
    pub version: String,
    /// The program that made the file.
    pub creator: Creator,
    /// The exchanges, in the order in which they ended.
    pub entries: Vec<Entry>,
}

/// `creator`: a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Creator {
    /// This harness.
    #[must_use]
    pub fn harness() -> Self {
        Self {
            name: "spin-harness".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// An entry: one exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it began, in the format of RFC 3339.
    pub started_date_time: String,
    /// How long it took, in milliseconds.
    #[serde(default, deserialize_with = "number")]
    pub time: f64,
    /// The request.
    pub request: Request,
    /// The response; its status is 0 if there is none.
    pub response: Response,
    /// What a browser's cache had. Always empty here.
    #[serde(default)]
    pub cache: Cache,
    /// How long the phases took.
    #[serde(default)]
    pub timings: Timings,
    /// The address of the upstream.
    #[serde(
        rename = "serverIPAddress",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub server_ip_address: Option<String>,
    /// The port of the upstream. Another program may have another name for its connection here. Not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Whether the bodies are the bytes on the wire.
    #[serde(rename = "_exact", default, skip_serializing_if = "is_false")]
    pub exact: bool,
    /// `inbound` for a request that the guest received.
    #[serde(
        rename = "_direction",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub direction: Option<String>,
    /// The number of the chain of calls.
    #[serde(rename = "_chain", default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<u64>,
    /// The guest's name.
    #[serde(
        rename = "_component",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub component: Option<String>,
    /// The number of the redirect hop.
    #[serde(rename = "_hop", default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<u32>,
    /// The allow-list entry that permitted the request.
    #[serde(rename = "_rule", default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where the response came from.
    #[serde(
        rename = "_via",
        default,
        with = "via",
        skip_serializing_if = "Option::is_none"
    )]
    pub via: Option<Via>,
}

/// `cache`: what a browser's cache had. Nothing of it is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cache {}

/// `request`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The method.
    pub method: String,
    /// The absolute URL, without its fragment.
    pub url: String,
    /// The version of HTTP.
    #[serde(default)]
    pub http_version: String,
    /// The cookies of the field `cookie`. Not read: the field itself is.
    #[serde(default)]
    pub cookies: Vec<Cookie>,
    /// The header fields.
    #[serde(default)]
    pub headers: Vec<Field>,
    /// The query parameters. Not read: the URL itself is.
    #[serde(default)]
    pub query_string: Vec<QueryParameter>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// The size of the head in bytes; -1 if it is not known.
    #[serde(default = "unknown", deserialize_with = "size")]
    pub headers_size: i64,
    /// The size of the body in bytes; -1 if it is not known.
    #[serde(default = "unknown", deserialize_with = "size")]
    pub body_size: i64,
    /// How the body passed.
    #[serde(flatten)]
    pub passage: Passage,
}

/// How a body passed: fields of our own, of a request and of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Passage {
    /// How the body ended, if it is not whole.
    #[serde(rename = "_bodyEnd", default, skip_serializing_if = "Option::is_none")]
    pub body_end: Option<String>,
    /// The limit that the body exceeded, in bytes.
    #[serde(
        rename = "_bodyLimit",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub body_limit: Option<u64>,
    /// The fields after the body.
    #[serde(rename = "_trailers", default, skip_serializing_if = "Vec::is_empty")]
    pub trailers: Vec<Field>,
}

/// `response`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The status; 0 without a response.
    #[serde(deserialize_with = "size")]
    pub status: i64,
    /// The reason phrase.
    #[serde(default)]
    pub status_text: String,
    /// The version of HTTP.
    #[serde(default)]
    pub http_version: String,
    /// The cookies of the field `set-cookie`. Not read: the field itself is.
    #[serde(default)]
    pub cookies: Vec<Cookie>,
    /// The header fields.
    #[serde(default)]
    pub headers: Vec<Field>,
    /// The body.
    #[serde(default)]
    pub content: Content,
    /// The field `location`, or nothing.
    #[serde(rename = "redirectURL", default)]
    pub redirect_url: String,
    /// The size of the head in bytes; -1 if it is not known.
    #[serde(default = "unknown", deserialize_with = "size")]
    pub headers_size: i64,
    /// The size of the body on the wire in bytes; -1 if it is not known.
    #[serde(default = "unknown", deserialize_with = "size")]
    pub body_size: i64,
    /// How the body passed.
    #[serde(flatten)]
    pub passage: Passage,
    /// Why there is no response, or no whole one, or in an inbound entry not the guest's own. Playwright's name is
    /// `_failureText`.
    #[serde(
        rename = "_error",
        alias = "_failureText",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error: Option<String>,
    /// The failure that a replay repeats.
    #[serde(
        rename = "_errorKind",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error_kind: Option<String>,
    /// The error-code that the guest got.
    #[serde(
        rename = "_errorCode",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error_code: Option<String>,
    /// What a failed component wrote to stderr.
    #[serde(
        rename = "_errorDetails",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error_details: Option<String>,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Its value, if it is not UTF-8.
    #[serde(
        rename = "_valueBase64",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub value_base64: Option<String>,
}

/// A cookie.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The attribute `Path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The attribute `Domain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether it has the attribute `HttpOnly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_only: Option<bool>,
    /// Whether it has the attribute `Secure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,
}

/// A query parameter, without its escapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryParameter {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// `postData`: the body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData {
    /// The value of `content-type`.
    #[serde(default)]
    pub mime_type: String,
    /// The parameters of a form. Read only if there is no text; not written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Parameter>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` if the text is that of the body.
    #[serde(
        rename = "_encoding",
        alias = "encoding",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub encoding: Option<String>,
    /// The file with the body, in Playwright's mode `attach`.
    #[serde(rename = "_file", default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// A parameter of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The name of an uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}

/// `content`: the body of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Its size in bytes; -1 if it is not known.
    #[serde(default = "unknown", deserialize_with = "size")]
    pub size: i64,
    /// The value of `content-type`, or `x-unknown`.
    #[serde(default)]
    pub mime_type: String,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` if the text is that of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The file with the body, in Playwright's mode `attach`.
    #[serde(rename = "_file", default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            size: unknown(),
            mime_type: "x-unknown".to_owned(),
            text: None,
            encoding: None,
            file: None,
        }
    }
}

/// `timings`, in milliseconds; -1 for a phase that does not apply or is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Until the request was sent, or its connection was opened.
    #[serde(deserialize_with = "number")]
    pub blocked: f64,
    /// Name resolution.
    #[serde(deserialize_with = "number")]
    pub dns: f64,
    /// Opening the connection.
    #[serde(deserialize_with = "number")]
    pub connect: f64,
    /// Sending the request.
    #[serde(deserialize_with = "number")]
    pub send: f64,
    /// Waiting for the response.
    #[serde(deserialize_with = "number")]
    pub wait: f64,
    /// Reading the response.
    #[serde(deserialize_with = "number")]
    pub receive: f64,
    /// The TLS handshake, which is a part of `connect`.
    #[serde(deserialize_with = "number")]
    pub ssl: f64,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            blocked: -1.0,
            dns: -1.0,
            connect: -1.0,
            send: 0.0,
            wait: 0.0,
            receive: 0.0,
            ssl: -1.0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

fn unknown() -> i64 {
    -1
}

/// Browsers write `null` for a number that they do not know.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(-1.0))
}

/// A whole number, which some programs write as `12.0`.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast of a float ends at the ends of i64"
    )]
    let whole = |number: f64| number as i64;
    Ok(Option::deserialize(deserializer)?.map_or_else(unknown, whole))
}

mod via {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::exchange::Via;

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Shown {
        Network { address: Option<SocketAddr> },
        InProcess { component: Option<String> },
        Mock { name: String },
    }

    #[expect(clippy::ref_option, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(
        via: &Option<Via>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        via.as_ref()
            .map(|via| match via.clone() {
                Via::Network { address } => Shown::Network { address },
                Via::InProcess { component } => Shown::InProcess {
                    component: component.as_deref().map(str::to_owned),
                },
                Via::Mock { name } => Shown::Mock { name },
            })
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Via>, D::Error> {
        let shown = Option::<Shown>::deserialize(deserializer)?;
        Ok(shown.map(|shown| match shown {
            Shown::Network { address } => Via::Network { address },
            Shown::InProcess { component } => Via::InProcess {
                component: component.map(Arc::from),
            },
            Shown::Mock { name } => Via::Mock { name },
        }))
    }
}
