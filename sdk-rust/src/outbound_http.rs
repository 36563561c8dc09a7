//! Sends HTTP requests.

use crate::error::{Error, Reason};
use crate::host;
use crate::http::{Request, RequestBody, Response};
use crate::request::request_to_wire;
use crate::response::response_from_wire;
use crate::wire::{WireRequest, WireResponse};

pub use crate::forwarding::KeepHost;
#[cfg(feature = "wasi-http")]
pub use crate::timeouts::Timeouts;

/// Sends `request` and returns the whole response.
///
/// The URI is an absolute `http` or `https` URI, or `/path` to call the component's own
/// application. The call blocks until the response has arrived. Any status is a response,
/// including 404 and 500. The host follows redirects and returns the last response.
/// Bodies are not copied between the `http` types and the import.
///
/// The body of `request` is any [`RequestBody`]: `None` or `()` for no body, text, or bytes; with
/// the feature `json` also `Json(value)`.
///
/// An inbound request can be sent as it is, with another URI, or its headers or their text can be
/// copied to another request. Fields with the name and the text of inbound ones that concern the
/// client's connection are not sent then: `host` (see [`KeepHost`]), `content-length`, `expect`, the
/// `spin-*` fields, and the hop-by-hop fields of RFC 9110.
///
/// Header values are UTF-8 text, in both directions. The values of a name keep their order.
/// A [`Uri`](crate::http::Uri) has no fragment, so none is sent.
/// No header is added: neither `user-agent` nor `accept-encoding`.
///
/// # Errors
///
/// Before the request is sent:
/// - [`UnsupportedMethod`] if the method is not GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS.
/// - [`InvalidHeader`] if a header value is not UTF-8.
/// - [`InvalidUrl`] if the URI contains user information (`user:password@`), which belongs in an
///   `authorization` header, or is neither absolute nor a path.
/// - [`InvalidBody`] if the body cannot be serialized.
/// - [`NoHost`] if the program was not built for WebAssembly and the test has no
///   [`TestHost`](crate::testing::TestHost).
///
/// From the host:
/// - [`DestinationNotAllowed`], [`InvalidUrl`], [`RequestError`], [`RuntimeError`] and
///   [`TooManyRequests`].
/// - [`InvalidResponse`] if a [`Response`] cannot represent the response of the host.
///
/// [`UnsupportedMethod`]: crate::ErrorKind::UnsupportedMethod
/// [`InvalidHeader`]: crate::ErrorKind::InvalidHeader
/// [`InvalidUrl`]: crate::ErrorKind::InvalidUrl
/// [`InvalidBody`]: crate::ErrorKind::InvalidBody
/// [`NoHost`]: crate::ErrorKind::NoHost
/// [`DestinationNotAllowed`]: crate::ErrorKind::DestinationNotAllowed
/// [`RequestError`]: crate::ErrorKind::RequestError
/// [`RuntimeError`]: crate::ErrorKind::RuntimeError
/// [`TooManyRequests`]: crate::ErrorKind::TooManyRequests
/// [`InvalidResponse`]: crate::ErrorKind::InvalidResponse
///
/// # Examples
///
/// ```no_run
/// # #![allow(unused_imports)]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use spin_sdk::http::{Request, Response};
/// let request = http::Request::builder().uri("https://example.com/").body(None)?;
/// let response = spin_sdk::outbound_http::send_request(request)?;
/// println!("Status: {}", response.status().as_str());
/// # Ok(())
/// # }
/// ```
pub fn send_request<B: RequestBody>(request: Request<B>) -> Result<Response, Error> {
    #[cfg_attr(
        not(all(feature = "wasi-http", target_family = "wasm")),
        expect(unused_mut, reason = "only wasi:http has a deadline")
    )]
    let mut request = B::into_request(request)?;
    #[cfg(all(feature = "wasi-http", target_family = "wasm"))]
    host::wasi_http::deadline::start(&mut request);
    exchange(request, host::send)
}

/// Sends several requests, and returns their results in the order of the requests.
///
/// With the feature `wasi-http`, each request is sent before the response to the first is awaited,
/// so the calls take about as long as the slowest one. Redirects are followed one after the other.
/// Without the feature, and in a native test, each call begins after the one before has ended,
/// because `fermyon:spin/http` has one call at a time.
///
/// The error of one request does not prevent the others. See [`send_request`] for the errors.
///
/// # Examples
///
/// ```no_run
/// use spin_sdk::http::Request;
/// use spin_sdk::outbound_http::send_all;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let requests = [
///     Request::get("https://api.test/a").body(())?,
///     Request::get("https://api.test/b").body(())?,
/// ];
/// for result in send_all(requests) {
///     println!("{}", result?.status());
/// }
/// # Ok(())
/// # }
/// ```
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
pub fn send_all<B: RequestBody>(
    requests: impl IntoIterator<Item = Request<B>>,
) -> Vec<Result<Response, Error>> {
    requests.into_iter().map(send_request).collect()
}

/// Sends several requests at once, and returns their results in the order of the requests.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
pub fn send_all<B: RequestBody>(
    requests: impl IntoIterator<Item = Request<B>>,
) -> Vec<Result<Response, Error>> {
    let start = |request| {
        let mut request = B::into_request(request)?;
        host::wasi_http::deadline::start(&mut request);
        let in_flight = request_to_wire(&request)
            .and_then(|wire_request| host::wasi_http::start(&wire_request));
        Ok((request, in_flight))
    };
    let started: Vec<Result<_, Error>> = requests.into_iter().map(start).collect();
    let finish = |started: Result<_, Error>| {
        let (request, in_flight): (Request, Result<host::wasi_http::InFlight, _>) = started?;
        exchange(request, |_wire_request| in_flight?.finish())
    };
    started.into_iter().map(finish).collect()
}

/// Sends `request` through `host`. An error names the request.
fn exchange(
    request: Request,
    host: impl FnOnce(&WireRequest<'_>) -> Result<WireResponse, Reason>,
) -> Result<Response, Error> {
    request_to_wire(&request)
        .and_then(|wire_request| host(&wire_request))
        .and_then(|response| follow_redirects(&request, response))
        .and_then(response_from_wire)
        .map_err(|reason| {
            let (parts, _body) = request.into_parts();
            Error::new(reason, parts.method, parts.uri)
        })
}

#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
use crate::redirect::follow_redirects;

/// The host has followed the redirects.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
fn follow_redirects(_request: &Request, response: WireResponse) -> Result<WireResponse, Reason> {
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn request_is_lent_and_response_is_owned() {
        let request: Request = Request::post("http://api.test/v1?q=1")
            .header("x-a", "1")
            .header("x-a", "2")
            .body(Some("ping".into()))
            .unwrap();
        let sent_body = request.body().as_deref().unwrap().as_ptr();
        let received_body = b"pong".to_vec();
        let received_pointer = received_body.as_ptr();

        let response = exchange(request, |wire_request| {
            assert_eq!(wire_request.method, "POST");
            assert_eq!(wire_request.uri, "http://api.test/v1?q=1");
            assert_eq!(wire_request.headers, [("x-a", "1"), ("x-a", "2")]);
            assert_eq!(wire_request.body.unwrap().as_ptr(), sent_body);
            Ok(WireResponse {
                status: 201,
                headers: vec![("x-b".into(), "3".into())],
                body: Some(received_body),
            })
        })
        .unwrap();

        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-b"], "3");
        let body = response.into_body().unwrap();
        assert_eq!(body, "pong");
        assert_eq!(body.as_ptr(), received_pointer);
    }

    #[test]
    fn error_names_its_request() {
        let request = Request::delete("http://api.test/v1").body(None).unwrap();
        let error = exchange(request, |_| Err(Reason::RuntimeError)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RuntimeError);
        assert_eq!(error.method(), "DELETE");
        assert_eq!(error.uri(), "http://api.test/v1");
    }

    #[test]
    fn request_that_cannot_be_sent_does_not_reach_the_host() {
        let request = Request::builder()
            .method("TRACE")
            .uri("http://api.test/")
            .body(None)
            .unwrap();
        let error = exchange(request, |_| unreachable!("the host is not called")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedMethod);
    }
}
