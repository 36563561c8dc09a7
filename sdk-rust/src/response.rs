//! Converts responses to the wire and back.

use bytes::Bytes;

use crate::error::Reason;
use crate::forwarding::is_hop_by_hop;
use crate::headers::{HeaderNotUtf8, headers_from_wire, headers_to_wire};
use crate::http::header::{CONTENT_LENGTH, HeaderMap};
use crate::http::{Response, StatusCode};
use crate::wire::{FieldValue, WireResponse, text_value};

/// Converts the response of the host.
pub(crate) fn response_from_wire(wire_response: WireResponse) -> Result<Response, Reason> {
    let status = StatusCode::from_u16(wire_response.status).map_err(|source| {
        let status = wire_response.status;
        Reason::StatusOutOfRange { status, source }
    })?;
    let mut response = Response::new(wire_response.body.map(Bytes::from));
    *response.status_mut() = status;
    *response.headers_mut() =
        headers_from_wire(wire_response.headers).map_err(Reason::InvalidResponseHeader)?;
    Ok(response)
}

/// Converts the response of a handler. `is_head` is true if the method of the request is HEAD.
///
/// A proxy may return the response of an upstream, so fields of the upstream's connection are
/// left out, and a `content-length` becomes the length of the body. A response to HEAD and a 304
/// have no body; their `content-length` is that of the response to a GET, and stays.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn response_to_wire(
    is_head: bool,
    response: Response,
) -> Result<WireResponse, HeaderNotUtf8> {
    let status = response.status();
    let length = response.body().as_ref().map_or(0, Bytes::len);
    // The code for `u64` would make a component larger than that for `usize`.
    let headers = fields_to_wire(is_head, status, response.headers(), || length.to_string())?;
    Ok(WireResponse {
        status: status.as_u16(),
        headers,
        body: response.into_body().map(Vec::from),
    })
}

/// Converts the headers of a handler's response, whose body has `length` bytes.
pub(crate) fn fields_to_wire(
    is_head: bool,
    status: StatusCode,
    headers: &HeaderMap,
    length: impl Fn() -> String,
) -> Result<Vec<(String, <FieldValue as ToOwned>::Owned)>, HeaderNotUtf8> {
    let has_body = !is_head && status != StatusCode::NOT_MODIFIED;
    let fields = headers_to_wire(headers, &|name, _| !is_hop_by_hop(headers, name))?
        .into_iter()
        .map(|(name, value)| {
            let value = if has_body && name == CONTENT_LENGTH.as_str() {
                text_value(length())
            } else {
                value.to_owned()
            };
            (name.to_owned(), value)
        })
        .collect();
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    #[test]
    fn response_survives_the_round_trip() {
        for (status, fields, body) in [
            (200, vec![], None),
            (204, vec![("x-a", "")], Some("")),
            (
                404,
                vec![("set-cookie", "a=1"), ("set-cookie", "b=2")],
                Some("gone"),
            ),
            (999, vec![("x-a", "café")], Some("\u{1f980}")),
        ] {
            let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let fields: Vec<_> = fields.into_iter().map(own).collect();
            let body = body.map(|text| text.as_bytes().to_vec());
            let response = response_from_wire(WireResponse {
                status,
                headers: fields.clone(),
                body: body.clone(),
            });
            let got = response_to_wire(false, response.unwrap()).unwrap();
            assert_eq!(got.status, status);
            assert_eq!(got.headers, fields);
            assert_eq!(got.body, body);
        }
    }

    #[test]
    fn body_is_not_copied_either_way() {
        let body = b"a body of some length".to_vec();
        let pointer = body.as_ptr();
        let response = response_from_wire(WireResponse {
            status: 200,
            headers: vec![],
            body: Some(body),
        });
        let response = response.unwrap();
        assert_eq!(response.body().as_deref().unwrap().as_ptr(), pointer);
        let got = response_to_wire(false, response).unwrap().body.unwrap();
        assert_eq!(got.as_ptr(), pointer);
    }

    #[test]
    fn status_out_of_range_is_an_error() {
        for status in [0, 99, 1000, u16::MAX] {
            let got = response_from_wire(WireResponse {
                status,
                headers: vec![],
                body: None,
            });
            assert!(
                matches!(got, Err(Reason::StatusOutOfRange { status: found, .. }) if found == status),
                "{status}: {got:?}"
            );
        }
    }

    #[test]
    fn header_of_the_handler_that_is_not_text_is_an_error() {
        let mut response = Response::new(None);
        let value = HeaderValue::from_bytes(&[0xff]).unwrap();
        response.headers_mut().insert("x-a", value);
        let error = response_to_wire(false, response).unwrap_err();
        assert!(error.to_string().contains("`x-a` is not UTF-8"), "{error}");
    }

    #[test]
    fn response_has_the_length_of_its_body_and_no_field_of_the_upstreams_connection() {
        for (is_head, status, body, want) in [
            (false, 200, Some("four"), "4"),
            (false, 200, Some(""), "0"),
            (false, 200, None, "0"),
            (false, 304, Some(""), "99"),
            (true, 200, Some(""), "99"),
        ] {
            let response = Response::builder()
                .status(status)
                .header("content-length", "99")
                .header("connection", "x-named")
                .header("x-named", "1")
                .header("keep-alive", "timeout=5")
                .header("x-a", "1")
                .header("x-a", "2")
                .body(body.map(Bytes::from))
                .unwrap();
            let got = response_to_wire(is_head, response).unwrap().headers;
            let want = [("content-length", want), ("x-a", "1"), ("x-a", "2")];
            let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(got, want, "{is_head} {status} {body:?}");
        }
        let response = Response::new(Some("no length".into()));
        let got = response_to_wire(false, response).unwrap();
        assert!(got.headers.is_empty());
    }
}
