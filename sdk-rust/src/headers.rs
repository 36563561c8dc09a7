//! Converts headers to the wire and back.

use std::error::Error;
use std::fmt;
use std::str::Utf8Error;

use bytes::Bytes;

use crate::http::header::{HeaderMap, HeaderName, HeaderValue};
use crate::wire::FieldValue;

/// Converts the headers for which `keep` is true for the host. Every value of these is kept; the
/// values of a name keep their order. `keep` is not generic, so that a component has the code once.
pub(crate) fn headers_to_wire<'a>(
    headers: &'a HeaderMap,
    keep: &dyn Fn(&HeaderName, &HeaderValue) -> bool,
) -> Result<Vec<(&'a str, &'a FieldValue)>, HeaderNotUtf8> {
    let mut wire_headers = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        if !keep(name, value) {
            continue;
        }
        match value_to_wire(value) {
            Ok(value) => wire_headers.push((name.as_str(), value)),
            Err(source) => {
                let name = name.clone();
                return Err(HeaderNotUtf8 { name, source });
            }
        }
    }
    Ok(wire_headers)
}

#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
fn value_to_wire(value: &HeaderValue) -> Result<&FieldValue, Utf8Error> {
    std::str::from_utf8(value.as_bytes())
}

#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
fn value_to_wire(value: &HeaderValue) -> Result<&FieldValue, Utf8Error> {
    Ok(value.as_bytes())
}

/// Converts headers from the host. A value's text is moved, not copied.
pub(crate) fn headers_from_wire(
    wire_headers: Vec<(String, <FieldValue as ToOwned>::Owned)>,
) -> Result<HeaderMap, InvalidResponseHeader> {
    // More fields than a map can hold fail below.
    let mut headers = HeaderMap::try_with_capacity(wire_headers.len()).unwrap_or_default();
    for (name, value) in wire_headers {
        if let Err(source) = append(&mut headers, &name, value) {
            return Err(InvalidResponseHeader { name, source });
        }
    }
    Ok(headers)
}

/// Appends one field. Fails if the field is malformed or would be the 32,769th.
fn append(
    headers: &mut HeaderMap,
    name: &str,
    value: impl Into<Bytes>,
) -> Result<(), ::http::Error> {
    let name = HeaderName::from_bytes(name.as_bytes())?;
    let value = HeaderValue::from_maybe_shared(value.into())?;
    headers.try_append(name, value)?;
    Ok(())
}

/// A header value that is not UTF-8, which the import cannot carry.
#[derive(Debug)]
pub(crate) struct HeaderNotUtf8 {
    name: HeaderName,
    source: Utf8Error,
}

impl fmt::Display for HeaderNotUtf8 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        write!(
            formatter,
            "the value of header `{name}` is not UTF-8; encode it, for example as base64"
        )
    }
}

#[cfg(test)]
impl HeaderNotUtf8 {
    /// Such an error, about the header `x-name`.
    pub(crate) fn example() -> Self {
        let name = HeaderName::from_static("x-name");
        let value = HeaderValue::from_bytes(&[0xe9]).unwrap();
        headers_to_wire(&HeaderMap::from_iter([(name, value)]), &|_, _| true).unwrap_err()
    }
}

impl Error for HeaderNotUtf8 {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// A header from the host that does not fit into a `HeaderMap`.
#[derive(Debug)]
pub(crate) struct InvalidResponseHeader {
    name: String,
    source: ::http::Error,
}

impl fmt::Display for InvalidResponseHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        write!(
            formatter,
            "the response header {name:?} is malformed, or the response has too many headers"
        )
    }
}

#[cfg(test)]
impl InvalidResponseHeader {
    /// Such an error, about the header `x-name`.
    pub(crate) fn example() -> Self {
        headers_from_wire(vec![("x-name".into(), "\n".into())]).unwrap_err()
    }
}

impl Error for InvalidResponseHeader {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn fields_survive_the_round_trip_in_order() {
        for fields in [
            vec![],
            vec![("x-a", "1")],
            vec![("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "")],
            vec![
                ("x-a", "café"),
                ("x-a", "\u{1f980}\ttab"),
                ("x-b", " kept "),
            ],
        ] {
            let headers = headers_from_wire(owned(&fields)).unwrap();
            assert_eq!(headers_to_wire(&headers, &|_, _| true).unwrap(), fields);
        }
    }

    #[test]
    fn value_from_the_host_is_not_copied() {
        let value = "x".repeat(100);
        let pointer = value.as_ptr();
        let headers = headers_from_wire(vec![("x-a".into(), value)]).unwrap();
        assert_eq!(headers["x-a"].as_bytes().as_ptr(), pointer);
    }

    #[test]
    fn value_that_is_not_utf8_is_an_error_that_names_the_header() {
        let value = HeaderValue::from_bytes(&[0xe9]).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-latin"), value)]);
        assert_eq!(
            headers_to_wire(&headers, &|_, _| true).unwrap_err().name,
            "x-latin"
        );
    }

    #[test]
    fn field_that_a_header_map_rejects_is_an_error() {
        for (name, value) in [
            ("", "empty name"),
            ("two words", "space in the name"),
            ("x-a", "line\nfeed"),
            ("x-a", "nul\0"),
        ] {
            let got = headers_from_wire(owned(&[("x-fits", "1"), (name, value)]));
            assert_eq!(got.unwrap_err().name, name, "{value:?}");
        }
    }

    #[test]
    fn more_fields_than_a_header_map_holds_are_an_error() {
        let fields = (0..40_000).map(|n| (format!("x-{n}"), String::new()));
        let error = headers_from_wire(fields.collect()).unwrap_err();
        assert!(error.source.is::<::http::header::MaxSizeReached>());
    }
}
