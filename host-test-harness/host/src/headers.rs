//! Header fields, both ways: pairs of text in the import, bytes on the wire.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::Limits;

/// Fields that describe one connection and are never forwarded, beside those that `connection`
/// names (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A field that HTTP cannot carry (RFC 9110 section 5).
#[derive(Debug)]
pub(crate) struct InvalidHeader {
    name: String,
    problem: &'static str,
}

impl InvalidHeader {
    /// A field that a request has once at most, and this one more often.
    pub(crate) fn repeated(name: &HeaderName) -> Self {
        Self {
            name: name.to_string(),
            problem: "may be given once only",
        }
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the header `{}` {}",
            self.name.escape_debug(),
            self.problem
        )
    }
}

impl std::error::Error for InvalidHeader {}

/// Every pair in order; values are sent as the UTF-8 that they are.
pub(crate) fn headers_from_wire(fields: &[(String, String)]) -> Result<HeaderMap, InvalidHeader> {
    let invalid = |name: &str, problem| InvalidHeader {
        name: name.chars().take(64).collect(),
        problem,
    };
    let mut headers = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        let field_name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_invalid| invalid(name, "has a name that is not a token"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_invalid| {
            invalid(
                name,
                "has a value with a control character, such as a line break",
            )
        })?;
        headers
            .try_append(field_name, value)
            .map_err(|_full| invalid(name, "is one more than a header section can hold"))?;
    }
    Ok(headers)
}

/// Every value of every name: as the text that it is if it is UTF-8, else read as ISO-8859-1,
/// so that none is lost.
pub(crate) fn headers_to_wire(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value_to_text(value)))
        .collect()
}

/// One value, by the rule of [`headers_to_wire`].
pub(crate) fn value_to_text(value: &HeaderValue) -> String {
    bytes_to_text(value.as_bytes())
}

/// The text of a value's bytes, by the rule of [`headers_to_wire`].
pub(crate) fn bytes_to_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Whether a header section that was read is within `limits`.
pub(crate) fn is_within(headers: &HeaderMap, limits: &Limits) -> bool {
    let fields = headers
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_bytes()));
    headers.len() <= limits.header_fields && section_bytes(fields) <= limits.header_section_bytes
}

/// Takes out what describes the connection to the guest, which has none.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    remove_all(headers, &named);
    remove_all(headers, &HOP_BY_HOP);
}

/// Takes out every value of `names`.
pub(crate) fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

/// The value of `content-length` that is not `body_bytes`, if there is one.
pub(crate) fn contradicting_content_length(
    headers: &HeaderMap,
    body_bytes: usize,
) -> Option<&HeaderValue> {
    headers
        .get_all(header::CONTENT_LENGTH)
        .iter()
        .find(|value| {
            let digits = value
                .to_str()
                .ok()
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|text| text.parse().ok()) != Some(body_bytes)
        })
}

/// The size of a header section as its limit counts it: all names and values, in bytes.
pub(crate) fn section_bytes<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> usize {
    fields
        .into_iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_round_trip_with_repetition_and_empty_values() {
        let fields: Vec<(String, String)> = [
            ("x-a", "1"),
            ("x-a", ""),
            ("x-a", "ü"),
            ("x-b", " inner  blanks "),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        assert_eq!(
            headers_to_wire(&headers_from_wire(&fields).unwrap()),
            fields
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_are_read_as_latin1() {
        let mut headers = HeaderMap::new();
        headers.insert("x-a", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        assert_eq!(
            headers_to_wire(&headers),
            [("x-a".to_owned(), "café".to_owned())]
        );
    }

    #[test]
    fn what_would_split_a_request_is_refused_and_named() {
        for (name, value) in [
            ("x a", "1"),
            ("", "1"),
            ("x-a\r\nx-b", "1"),
            ("x-a", "1\r\nx-b: 2"),
            ("x-a", "\0"),
        ] {
            let error = headers_from_wire(&[(name.to_owned(), value.to_owned())]).unwrap_err();
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
