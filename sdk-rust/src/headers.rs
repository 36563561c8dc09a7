//! Headers to the wire and back.

use std::error::Error;
use std::fmt;
use std::str::Utf8Error;

use bytes::Bytes;

use crate::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The headers as the import takes them: every value of every name, values of a name in order.
pub(crate) fn headers_to_wire(headers: &HeaderMap) -> Result<Vec<(&str, &str)>, HeaderIsNotText> {
    let mut wire_headers = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => wire_headers.push((name.as_str(), text)),
            Err(source) => {
                let name = name.clone();
                return Err(HeaderIsNotText { name, source });
            }
        }
    }
    Ok(wire_headers)
}

/// The headers that came from the host. A value's text becomes the value as it is, uncopied.
pub(crate) fn headers_from_wire(
    wire_headers: Vec<(String, String)>,
) -> Result<HeaderMap, HeaderDoesNotFit> {
    let mut headers = HeaderMap::new();
    for (name, value) in wire_headers {
        if let Err(source) = append(&mut headers, &name, value) {
            return Err(HeaderDoesNotFit { name, source });
        }
    }
    Ok(headers)
}

/// Adds one value; fails on what the `http` crate cannot hold, the 32,769th field among it.
fn append(headers: &mut HeaderMap, name: &str, value: String) -> Result<(), ::http::Error> {
    let name = HeaderName::from_bytes(name.as_bytes())?;
    let value = HeaderValue::from_maybe_shared(Bytes::from(value))?;
    headers.try_append(name, value)?;
    Ok(())
}

/// A header value that the import cannot carry.
#[derive(Debug)]
pub(crate) struct HeaderIsNotText {
    name: HeaderName,
    source: Utf8Error,
}

impl fmt::Display for HeaderIsNotText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        write!(
            formatter,
            "the value of header `{name}` is not UTF-8; encode it as text, for example as base64"
        )
    }
}

impl Error for HeaderIsNotText {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// A header from the host that the `http` crate cannot hold.
#[derive(Debug)]
pub(crate) struct HeaderDoesNotFit {
    name: String,
    source: ::http::Error,
}

impl fmt::Display for HeaderDoesNotFit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        write!(
            formatter,
            "header {name:?} is malformed, or one more than can be held"
        )
    }
}

impl Error for HeaderDoesNotFit {
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
            assert_eq!(headers_to_wire(&headers).unwrap(), fields);
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
    fn value_that_is_not_text_is_refused_by_name() {
        let value = HeaderValue::from_bytes(&[0xe9]).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-latin"), value)]);
        assert_eq!(headers_to_wire(&headers).unwrap_err().name, "x-latin");
    }

    #[test]
    fn what_a_header_map_cannot_hold_is_an_error() {
        for (name, value) in [
            ("", "empty name"),
            ("two words", "blank in the name"),
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
