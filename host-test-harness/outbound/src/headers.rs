//! Header fields, both ways: pairs of strings in the import, bytes on the wire.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Fields that describe one connection and are never forwarded. The fields that `connection` names are not forwarded
/// either (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A field that HTTP cannot carry (RFC 9110 section 5).
#[derive(Debug, thiserror::Error)]
#[error("the header `{}` {problem}", name.escape_debug())]
pub struct InvalidHeader {
    name: String,
    problem: &'static str,
}

impl InvalidHeader {
    /// A field that a request must not repeat.
    pub(crate) fn repeated(name: &HeaderName) -> Self {
        Self {
            name: name.to_string(),
            problem: "must not be repeated",
        }
    }
}

/// Converts the pairs of an import, in order. Values are sent as UTF-8.
///
/// # Errors
///
/// [`InvalidHeader`] if a name is not a token, if a value contains a control character, or if there are more fields
/// than a map can hold.
pub fn headers_from_wire(fields: &[(String, String)]) -> Result<HeaderMap, InvalidHeader> {
    let invalid = |name: &str, problem| InvalidHeader {
        name: name.chars().take(64).collect(),
        problem,
    };
    // A map can hold more values of a name than it can reserve room for.
    let mut headers = HeaderMap::try_with_capacity(fields.len()).unwrap_or_default();
    for (name, value) in fields {
        let field_name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_invalid| invalid(name, "has a name that is not a token"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_invalid| {
            invalid(
                name,
                "has a value with a control character, such as a line break",
            )
        })?;
        headers.try_append(field_name, value).map_err(|_full| {
            invalid(
                name,
                "exceeds the number of fields that a header section can hold",
            )
        })?;
    }
    Ok(headers)
}

/// Converts every value of every name: as UTF-8 if it is valid UTF-8, else as ISO-8859-1, so that none is lost.
#[must_use]
pub fn headers_to_wire(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value_to_text(value)))
        .collect()
}

/// One value, by the rule of [`headers_to_wire`].
#[must_use]
pub fn value_to_text(value: &HeaderValue) -> String {
    bytes_to_text(value.as_bytes())
}

/// The text of a value's bytes, by the rule of [`headers_to_wire`].
#[must_use]
pub fn bytes_to_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Removes the fields that describe a connection.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    remove_named_by_connection(headers);
    remove_all(headers, &HOP_BY_HOP);
}

/// Removes the fields that `connection` names (RFC 9110 section 7.6.1). A guest of `wasi:http` does not see `connection`,
/// so it could not know that they concern one connection.
pub fn remove_named_by_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    remove_all(headers, &named);
}

/// Removes every value of `names`.
pub(crate) fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

/// The value of `content-length` that is not `body_bytes`, if there is such a value.
#[must_use]
pub fn contradicting_content_length(
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

/// The size of a header section as its limit counts it: the length of all names and values, in bytes.
pub(crate) fn section_bytes<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> usize {
    fields
        .into_iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

/// The length that a message announces, if it has one valid `content-length`. Whether the message may be sent is
/// decided elsewhere.
#[must_use]
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
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
    fn more_fields_than_a_map_holds_are_an_error() {
        let field = |name: String| (name, "1".to_owned());
        let repeated = vec![field("x-a".to_owned()); 30_000];
        assert_eq!(headers_from_wire(&repeated).unwrap().len(), 30_000);
        let distinct: Vec<_> = (0..40_000).map(|n| field(format!("x-{n}"))).collect();
        let error = headers_from_wire(&distinct).unwrap_err().to_string();
        assert!(error.contains("the number of fields"), "{error}");
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
    fn a_field_that_would_split_a_request_is_refused_and_named() {
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
