//! Converts requests to the wire and back.

use bytes::Bytes;

use crate::error::{BoxError, Reason};
use crate::forwarding::is_sent;
use crate::headers::{headers_from_wire, headers_to_wire};
use crate::http::{Request, Uri};
use crate::method::check_method;
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
use crate::wire::WireRequest;
use crate::wire::{FieldValue, WireInbound};

/// Converts an outbound request for the host.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub(crate) fn request_to_wire(request: &Request) -> Result<WireRequest<'_>, Reason> {
    Ok(WireRequest {
        method: request.method(),
        headers: checked_fields(request)?,
        uri: request.uri().to_string(),
        body: request.body().as_deref(),
    })
}

/// Checks an outbound request, and returns the fields to send.
pub(crate) fn checked_fields(request: &Request) -> Result<Vec<(&str, &FieldValue)>, Reason> {
    check_method(request.method())?;
    check_uri(request.uri())?;
    let (headers, extensions) = (request.headers(), request.extensions());
    headers_to_wire(headers, &|name, value| is_sent(extensions, name, value))
        .map_err(Reason::HeaderNotUtf8)
}

/// A URI must be absolute or a path, without user information.
fn check_uri(uri: &Uri) -> Result<(), Reason> {
    match (uri.scheme(), uri.authority()) {
        (_, Some(authority)) if authority.as_str().contains('@') => Err(Reason::UserInformation),
        (Some(_), Some(_)) => Ok(()),
        (None, None) if uri.path().starts_with('/') => Ok(()),
        _ => Err(Reason::UrlNotAbsolute),
    }
}

/// Converts an inbound request. Its URI is the path and query that the host passes.
pub(crate) fn request_from_wire(wire_request: WireInbound) -> Result<Request, BoxError> {
    let uri = Uri::from_maybe_shared(Bytes::from(wire_request.uri))?;
    let mut body = wire_request.body;
    // Hosts pass an empty body for a request without a body. Only `content-length` tells the two apart.
    if body.as_deref() == Some(&[])
        && !(wire_request.headers.iter()).any(|(name, _)| name == "content-length")
    {
        body = None;
    }
    let mut request = Request::new(body.map(Bytes::from));
    *request.method_mut() = wire_request.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers_from_wire(wire_request.headers)?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    fn inbound(uri: &str) -> WireInbound {
        WireInbound {
            method: Method::PATCH,
            uri: uri.into(),
            headers: vec![("x-a".into(), "1".into()), ("x-a".into(), "2".into())],
            body: Some(b"body".to_vec()),
        }
    }

    #[test]
    fn empty_body_without_a_length_is_no_body() {
        let length = |value: &str| vec![("content-length".into(), value.into())];
        for (body, headers, want) in [
            (None, vec![], None),
            (Some(""), vec![], None),
            (Some(""), length("0"), Some("")),
            (Some("body"), vec![], Some("body")),
        ] {
            let request = request_from_wire(WireInbound {
                headers,
                body: body.map(|body| body.as_bytes().to_vec()),
                ..inbound("/")
            });
            let got = request.unwrap().into_body();
            assert_eq!(got.as_deref(), want.map(str::as_bytes), "{body:?}");
        }
    }

    #[test]
    fn request_survives_the_round_trip() {
        for uri in [
            "/",
            "/a/../b%2F%20?q=a%26b&&",
            "//host/x",
            "http://self/path",
            "https://api.test:8443/v1?q=1",
            "http://[::1]:80/",
        ] {
            let request = request_from_wire(inbound(uri)).unwrap();
            let got = request_to_wire(&request).unwrap();
            assert_eq!(got.method, Method::PATCH);
            assert_eq!(got.uri, uri);
            assert_eq!(got.headers, [("x-a", "1"), ("x-a", "2")]);
            assert_eq!(got.body, Some(&b"body"[..]));
        }
    }

    #[test]
    fn no_body_and_an_empty_body_stay_different() {
        for body in [None, Some(Bytes::new())] {
            let request = Request::new(body.clone());
            let got = request_to_wire(&request).unwrap().body;
            assert_eq!(got, body.as_deref());
        }
    }

    #[test]
    fn uri_that_cannot_be_requested_is_an_error() {
        for uri in [
            "http://user@api.test/",
            "http://u:p@api.test/",
            "u@api.test",
        ] {
            let got = check_uri(&uri.parse().unwrap());
            assert!(
                matches!(got, Err(Reason::UserInformation)),
                "{uri}: {got:?}"
            );
        }
        for uri in ["api.test", "api.test:80", "*"] {
            let got = check_uri(&uri.parse().unwrap());
            assert!(matches!(got, Err(Reason::UrlNotAbsolute)), "{uri}: {got:?}");
        }
    }

    #[test]
    fn inbound_uri_that_does_not_parse_is_an_error() {
        for uri in ["", "/a b", "/\u{1}"] {
            let error = request_from_wire(inbound(uri)).unwrap_err();
            assert!(error.is::<::http::uri::InvalidUri>(), "{uri}: {error:?}");
        }
    }
}
