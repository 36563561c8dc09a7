//! What the body of a request must be.

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream;
use serde_json::Value;

use super::diff::{Difference, Field, listed};
use super::json_diff::{self, Extent};
use super::received::{ReceivedRequest, values_of};

/// What the body of a request must be.
#[derive(Debug, Clone)]
pub(super) enum BodyMatcher {
    Bytes(Bytes),
    Text(String),
    Json(Value, Extent),
    /// A field of `application/x-www-form-urlencoded`, and one of its values.
    Form(String, String),
    /// A field of `multipart/form-data`, and one of its values.
    Multipart(String, String),
}

impl BodyMatcher {
    /// What of the body it looks at.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Bytes(_) => "body of bytes".to_owned(),
            Self::Text(_) => "body of text".to_owned(),
            Self::Json(..) => "body of JSON".to_owned(),
            Self::Form(name, _) => format!("form field `{name}`"),
            Self::Multipart(name, _) => format!("multipart field `{name}`"),
        }
    }

    /// What of the body is not as wanted.
    pub(super) fn compare(&self, request: &ReceivedRequest, differences: &mut Vec<Difference>) {
        match self {
            Self::Bytes(want) if request.body == *want => {}
            Self::Bytes(want) => differences.push(Difference::new(
                Field::Body("body".to_owned()),
                shown(&request.body),
                shown(want),
            )),
            Self::Text(want) if request.body == want.as_bytes() => {}
            Self::Text(want) => differences.push(Difference::quoted(
                Field::Body("body".to_owned()),
                Some(&request.text()),
                want,
            )),
            Self::Json(want, extent) => match request.json::<Value>() {
                Ok(got) => json_diff::compare(&got, want, *extent, differences),
                Err(error) => differences.push(Difference::new(
                    Field::Body("body".to_owned()),
                    format!("{:?}, which is not JSON ({error})", request.text()),
                    want,
                )),
            },
            Self::Form(name, want) => {
                let got = values_of(form_urlencoded::parse(&request.body), name);
                compare_values("form field", name, &got, want, differences);
            }
            Self::Multipart(name, want) => match multipart_fields(request) {
                Ok(fields) => {
                    let fields = fields
                        .iter()
                        .map(|(key, value)| (key.as_str().into(), String::from_utf8_lossy(value)));
                    let got = values_of(fields, name);
                    compare_values("multipart field", name, &got, want, differences);
                }
                Err(reason) => differences.push(Difference::new(
                    Field::Body(format!("multipart field `{name}`")),
                    format!("no multipart/form-data ({reason})"),
                    format!("{want:?}"),
                )),
            },
        }
    }
}

fn compare_values(
    kind: &str,
    name: &str,
    got: &[String],
    want: &str,
    differences: &mut Vec<Difference>,
) {
    if !got.iter().any(|value| value == want) {
        let field = Field::Body(format!("{kind} `{name}`"));
        differences.push(Difference::new(field, listed(got), format!("{want:?}")));
    }
}

/// Bytes as a text with escapes.
fn shown(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}

/// The fields of a body of `multipart/form-data`, or why the body is invalid.
fn multipart_fields(request: &ReceivedRequest) -> Result<Vec<(String, Bytes)>, String> {
    let content_type = request.content_type();
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_invalid| format!("the content-type is {content_type:?}"))?;
    let body = request.body.clone();
    let whole = stream::once(async move { Ok::<_, multer::Error>(body) });
    let mut multipart = multer::Multipart::new(whole, boundary);
    let read = async {
        let mut fields = Vec::new();
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            fields.push((name, field.bytes().await?));
        }
        Ok::<_, multer::Error>(fields)
    };
    // The whole body is in memory, so nothing waits.
    match read.now_or_never() {
        Some(fields) => fields.map_err(|error| error.to_string()),
        None => Err("the body is incomplete".to_owned()),
    }
}
