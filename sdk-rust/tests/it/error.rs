//! Errors that are found before the import is called, and the guarantees of the type `Error`.

use std::error::Error as _;

use spin_sdk::http::Request;
use spin_sdk::outbound_http::send_request;
use spin_sdk::{Error, ErrorKind};

#[track_caller]
fn check(request: Request, kind: ErrorKind, message: &str) -> Error {
    let error = send_request(request).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
    error
}

fn get(uri: &str) -> Request {
    Request::get(uri).body(None).unwrap()
}

#[test]
fn error_is_small_and_crosses_threads() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<Error>();
    assert!(size_of::<Error>() <= 16);
    assert!(size_of::<Result<(), Error>>() <= 16);
}

#[test]
fn native_build_has_no_host() {
    check(
        get("https://api.test/"),
        ErrorKind::NoHost,
        "GET https://api.test/: this program does not run inside a Spin host; \
         build it for wasm32-wasip2 and run the component in a host, \
         or answer the call with spin_sdk::testing in a test",
    );
}

#[test]
fn user_information_is_an_error_that_does_not_contain_it() {
    let error = check(
        get("https://user:secret@api.test/v1?q=1"),
        ErrorKind::InvalidUrl,
        "GET https://api.test/v1?q=1: the URL contains user information, which is never sent; \
         remove it and set an `authorization` header",
    );
    assert_eq!(error.uri(), "https://api.test/v1?q=1");
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn url_that_is_not_absolute_is_an_error() {
    for uri in ["api.test", "api.test:443", "*"] {
        let error = send_request(get(uri)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{uri}");
        assert_eq!(error.uri(), uri);
    }
}

#[test]
fn unsupported_method_is_an_error() {
    let request = Request::builder()
        .method("PROPFIND")
        .uri("https://api.test/")
        .body(None);
    let error = check(
        request.unwrap(),
        ErrorKind::UnsupportedMethod,
        "PROPFIND https://api.test/: the host does not support this method; \
         use GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS, in upper case",
    );
    assert_eq!(error.method(), "PROPFIND");
}

#[test]
fn header_value_that_is_not_utf8_is_an_error_with_its_cause() {
    let request = Request::get("https://api.test/")
        .header("x-name", &b"caf\xe9"[..])
        .body(None);
    let error = check(
        request.unwrap(),
        ErrorKind::InvalidHeader,
        "GET https://api.test/: the value of header `x-name` is not UTF-8; \
         encode it, for example as base64",
    );
    assert!(error.source().unwrap().is::<std::str::Utf8Error>());
}

/// The error is found after the body has been converted, so each body compiles and none is refused.
#[test]
fn request_takes_every_body() {
    fn kind<B: spin_sdk::http::IntoBody>(body: B) -> ErrorKind {
        let request = Request::post("https://api.test/").body(body).unwrap();
        send_request(request).unwrap_err().kind()
    }
    let bytes = spin_sdk::http::Bytes::from_static(b"bytes");
    for (name, got) in [
        ("none", kind(None)),
        ("unit", kind(())),
        ("text", kind("text")),
        ("String", kind("string".to_owned())),
        ("Vec", kind(vec![1, 2])),
        ("Option<Bytes>", kind(Some(bytes.clone()))),
        ("Bytes", kind(bytes)),
    ] {
        assert_eq!(got, ErrorKind::NoHost, "{name}");
    }
}
