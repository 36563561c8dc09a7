//! Sends HTTP requests.

use crate::error::Error;
use crate::http::{Body, Request, RequestBody, Response};
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
use crate::{
    error::Reason,
    host,
    request::request_to_wire,
    response::response_from_wire,
    wire::{WireRequest, WireResponse},
};

pub use crate::forwarding::KeepHost;
#[cfg(feature = "wasi-http")]
pub use crate::{redirect_limit::MaxRedirects, timeouts::Timeouts};

/// Sends `request` and returns the whole response.
///
/// The URI is an absolute `http` or `https` URI, or `/path` to call the component's own
/// application. The call blocks until the response has arrived. Any status is a response,
/// including 404 and 500. Redirects are followed: by the host, or by the SDK with the feature
/// `wasi-http`. The whole body of the response is read; [`send_streaming`] reads it piece by piece.
///
/// The body of `request` is any [`RequestBody`]: `None` or `()` for no body, text, or bytes; with
/// the feature `json` also `Json(value)`.
///
/// An inbound request can be sent as it is, with another URI, or its headers or their text can be
/// copied to another request. Fields with the name and the text of inbound ones that concern the
/// client's connection are not sent then: `host` (see [`KeepHost`]), `content-length`, `expect`, the
/// `spin-*` fields, and the hop-by-hop fields of RFC 9110.
///
/// Header values are UTF-8 text, in both directions; with the feature `wasi-http`, they are bytes.
/// The values of a name keep their order.
/// A [`Uri`](crate::http::Uri) has no fragment, so none is sent.
/// No header is added: neither `user-agent` nor `accept-encoding`.
///
/// # Errors
///
/// Before the request is sent:
/// - [`UnsupportedMethod`] if the method is not GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS; with
///   the feature `wasi-http`, if it is CONNECT.
/// - [`InvalidHeader`] if a header value is not UTF-8; with the feature `wasi-http`, if the host does
///   not permit a header.
/// - [`InvalidUrl`] if the URI contains user information (`user:password@`), which belongs in an
///   `authorization` header, or is neither absolute nor a path.
/// - [`InvalidBody`] if the body cannot be serialized or read.
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
    backend::send(request)
}

/// Sends `request` and returns the response when its head has arrived. The body is read piece by
/// piece, and so is the body of the request if it is a [`Body`] of a reader.
///
/// An upstream may respond before it has read the whole request body. Reading the response body
/// sends the rest, until the response is whole.
///
/// A redirect that asks for the body of the request again is an [`InvalidBody`] if that was a reader.
///
/// Without the feature `wasi-http`, and in a native test, the whole response is read first, because
/// `fermyon:spin/http` has no streams.
///
/// See [`send_request`] for everything else.
///
/// [`InvalidBody`]: crate::ErrorKind::InvalidBody
///
/// # Errors
///
/// Those of [`send_request`]. An error while the body is read is an [`io::Error`](std::io::Error)
/// that contains an [`Error`]; its kind is [`TimedOut`](std::io::ErrorKind::TimedOut) if a time of
/// `Timeouts` or of the host has passed.
///
/// # Examples
///
/// ```no_run
/// use std::io::{BufRead, BufReader};
///
/// use spin_sdk::http::{Body, Request};
/// use spin_sdk::outbound_http::send_streaming;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = std::fs::File::open("large.csv")?;
/// let request = Request::post("https://api.test/rows").body(Body::from_reader(file))?;
/// let response = send_streaming(request)?;
/// for line in BufReader::new(response.into_body()).lines() {
///     println!("{}", line?);
/// }
/// # Ok(())
/// # }
/// ```
pub fn send_streaming<B: RequestBody>(request: Request<B>) -> Result<Response<Body>, Error> {
    backend::send_streaming(request)
}

/// Sends several requests, and returns their results in the order of the requests.
///
/// With the feature `wasi-http`, all calls run at the same time, with their bodies and redirects, so
/// they take about as long as the slowest one.
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
pub fn send_all<B: RequestBody>(
    requests: impl IntoIterator<Item = Request<B>>,
) -> Vec<Result<Response, Error>> {
    backend::send_all(requests)
}

/// One call at a time, with whole bodies. The host follows redirects.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
mod backend {
    use super::{Body, Error, Request, RequestBody, Response, exchange, host};

    pub(super) fn send<B: RequestBody>(request: Request<B>) -> Result<Response, Error> {
        exchange(B::into_request(request)?, host::send)
    }

    pub(super) fn send_streaming<B: RequestBody>(
        request: Request<B>,
    ) -> Result<Response<Body>, Error> {
        Ok(send(request)?.map(Body::from))
    }

    pub(super) fn send_all<B: RequestBody>(
        requests: impl IntoIterator<Item = Request<B>>,
    ) -> Vec<Result<Response, Error>> {
        requests.into_iter().map(send).collect()
    }
}

/// Calls at the same time, with bodies that stream. The SDK follows redirects.
#[cfg(all(feature = "wasi-http", target_family = "wasm"))]
mod backend {
    use super::{Body, Error, Request, RequestBody, Response};
    use crate::host::wasi_http;

    pub(super) fn send<B: RequestBody>(request: Request<B>) -> Result<Response, Error> {
        let mut results = send_all([request]);
        results.pop().expect("there is a result for each request")
    }

    pub(super) fn send_streaming<B: RequestBody>(
        request: Request<B>,
    ) -> Result<Response<Body>, Error> {
        wasi_http::send_streaming(B::into_streaming_request(request)?)
    }

    pub(super) fn send_all<B: RequestBody>(
        requests: impl IntoIterator<Item = Request<B>>,
    ) -> Vec<Result<Response, Error>> {
        let mut converted = Vec::new();
        let mut results = Vec::new();
        for request in requests {
            results.push(match B::into_streaming_request(request) {
                Ok(request) => {
                    converted.push(request);
                    None
                }
                Err(error) => Some(Err(error)),
            });
        }
        let mut responses = wasi_http::send_all(converted).into_iter();
        let or_response = |error: Option<_>| error.or_else(|| responses.next());
        results.into_iter().filter_map(or_response).collect()
    }
}

/// Sends `request` through `host`. An error names the request.
#[cfg(not(all(feature = "wasi-http", target_family = "wasm")))]
fn exchange(
    request: Request,
    host: impl FnOnce(&WireRequest<'_>) -> Result<WireResponse, Reason>,
) -> Result<Response, Error> {
    request_to_wire(&request)
        .and_then(|wire_request| host(&wire_request))
        .and_then(response_from_wire)
        .map_err(|reason| {
            let (parts, _body) = request.into_parts();
            Error::new(reason, parts.method, parts.uri)
        })
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
