//! Converts responses to the wire and back.

use bytes::Bytes;

use crate::bindings::fermyon::spin::http_types as wire;
use crate::error::Reason;
use crate::headers::{HeaderNotUtf8, headers_from_wire, headers_to_wire};
use crate::http::{Response, StatusCode};

/// Converts the response of the host.
pub(crate) fn response_from_wire(wire_response: wire::Response) -> Result<Response, Reason> {
    let status = StatusCode::from_u16(wire_response.status).map_err(|source| {
        let status = wire_response.status;
        Reason::StatusOutOfRange { status, source }
    })?;
    let mut response = Response::new(wire_response.body.map(Bytes::from));
    *response.status_mut() = status;
    *response.headers_mut() = headers_from_wire(wire_response.headers.unwrap_or_default())
        .map_err(Reason::InvalidResponseHeader)?;
    Ok(response)
}

/// Converts the response of a handler for the export.
pub(crate) fn response_to_wire(response: Response) -> Result<wire::Response, HeaderNotUtf8> {
    let headers = headers_to_wire(response.headers())?
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(wire::Response {
        status: response.status().as_u16(),
        headers: Some(headers),
        body: response.into_body().map(Vec::from),
    })
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
            let response = response_from_wire(wire::Response {
                status,
                headers: Some(fields.clone()),
                body: body.clone(),
            });
            let got = response_to_wire(response.unwrap()).unwrap();
            assert_eq!(got.status, status);
            assert_eq!(got.headers, Some(fields));
            assert_eq!(got.body, body);
        }
    }

    #[test]
    fn body_is_not_copied_either_way() {
        let body = b"a body of some length".to_vec();
        let pointer = body.as_ptr();
        let response = response_from_wire(wire::Response {
            status: 200,
            headers: None,
            body: Some(body),
        });
        let response = response.unwrap();
        assert_eq!(response.body().as_deref().unwrap().as_ptr(), pointer);
        let got = response_to_wire(response).unwrap().body.unwrap();
        assert_eq!(got.as_ptr(), pointer);
    }

    #[test]
    fn status_out_of_range_is_an_error() {
        for status in [0, 99, 1000, u16::MAX] {
            let got = response_from_wire(wire::Response {
                status,
                headers: None,
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
        let error = response_to_wire(response).unwrap_err();
        assert!(error.to_string().contains("`x-a` is not UTF-8"), "{error}");
    }
}
