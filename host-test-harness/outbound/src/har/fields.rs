//! Header fields and trailers, both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::document::Field;
use super::error::Problem;
use crate::headers::value_to_text;

pub(super) fn fields_to_har(headers: &HeaderMap) -> Vec<Field> {
    headers
        .iter()
        .map(|(name, value)| {
            let is_text = std::str::from_utf8(value.as_bytes()).is_ok();
            Field {
                name: name.as_str().to_owned(),
                value: value_to_text(value),
                value_base64: (!is_text).then(|| STANDARD.encode(value)),
            }
        })
        .collect()
}

/// Reads fields. Pseudo-header fields (`:method`), which browsers record for HTTP/2, are not header fields. Several
/// values that Chromium joins with line breaks are several fields.
pub(super) fn fields_from_har(fields: &[Field], of: &str) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::try_with_capacity(fields.len()).unwrap_or_default();
    let fields = fields.iter().enumerate();
    for (index, field) in fields.filter(|(_, field)| !field.name.starts_with(':')) {
        let problem =
            |part: &str, problem: &str| Problem::new(format!("{of}[{index}].{part}"), problem);
        let name = HeaderName::from_bytes(field.name.as_bytes())
            .map_err(|_invalid| problem("name", "a field name is a token"))?;
        let values =
            match &field.value_base64 {
                Some(text) => vec![STANDARD.decode(text).map_err(|error| {
                    problem("_valueBase64", &format!("invalid base64: {error}"))
                })?],
                None => field
                    .value
                    .split('\n')
                    .map(|value| value.as_bytes().to_vec())
                    .collect(),
            };
        for value in values {
            let value = HeaderValue::from_bytes(&value)
                .map_err(|_invalid| problem("value", "a value has no control characters"))?;
            headers.try_append(name.clone(), value).map_err(|_full| {
                problem(
                    "name",
                    "there are more fields than a header section can hold",
                )
            })?;
        }
    }
    Ok(headers)
}
