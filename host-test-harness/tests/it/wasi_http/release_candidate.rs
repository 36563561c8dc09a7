//! What `wasi:http` 0.2.0-rc-2023-10-18 has in another way than 0.2, and its SDK does not use itself.

use bytes::Bytes;
use host_test_harness::ErrorKind;
use http::Request;

use crate::guests::{get, handle, shared};
use crate::stock::SPIN_SDK_2;
use crate::upstream::{Answer, Upstream};

#[track_caller]
fn text(path: &str, allowed: &[&str]) -> String {
    let response = get(&SPIN_SDK_2.guest(allowed), path).unwrap();
    String::from_utf8_lossy(response.body()).into_owned()
}

#[test]
fn each_function_of_streams_passes_bytes_on() {
    for (path, want) in [
        ("/streams", &b"b\0\0\0def"[..]),
        ("/splice", b"abc"),
        ("/blocking-splice", b"abc"),
    ] {
        let request = Request::post(path).body(Bytes::from("abcdef")).unwrap();
        let response = handle(&SPIN_SDK_2.guest(&[]), request).unwrap();
        assert_eq!(response.body(), want, "{path}");
    }
    let body = vec![b'x'; 3 << 20];
    let request = Request::post("/streams").body(body.into()).unwrap();
    let response = handle(&SPIN_SDK_2.guest(&[]), request).unwrap();
    assert_eq!(response.body().len(), (3 << 20) + 1);
}

#[test]
fn fields_change_as_they_are_told_to() {
    assert_eq!(
        text("/changed-fields", &[]),
        format!("[] {:?} {:?}", [b"3"], [("x-a", b"3")])
    );
    assert_eq!(text("/field?X-A", &[]), format!("{:?}", [("x-a", b"1")]));
}

#[test]
fn what_the_interface_has_no_error_for_is_a_trap_that_says_why() {
    for (path, message) in [
        (
            "/field?x(a",
            "the header `x(a`: its name or value is not one that HTTP has",
        ),
        (
            "/field?transfer-encoding",
            "the header `transfer-encoding`: the host alone writes it",
        ),
        (
            "/immutable",
            "the header `x-a`: these headers cannot be changed",
        ),
        ("/status?99", "status 99; a response has 200 to 999"),
        ("/status?1000", "status 1000; a response has 200 to 999"),
    ] {
        let error = get(&SPIN_SDK_2.guest(&[]), path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Trap, "{path}: {error}");
        assert!(error.to_string().contains(message), "{path}: {error}");
    }
}

#[test]
fn an_error_of_0_2_is_the_nearest_one_and_names_it() {
    for (what, want) in [
        (
            "method",
            r#"Error::ProtocolError("ErrorCode::HttpRequestMethodInvalid")"#,
        ),
        (
            "path",
            r#"Error::InvalidUrl("ErrorCode::HttpRequestUriInvalid")"#,
        ),
        (
            "scheme",
            r#"Error::ProtocolError("ErrorCode::HttpProtocolError")"#,
        ),
        (
            "authority",
            r#"Error::InvalidUrl("ErrorCode::HttpRequestUriInvalid")"#,
        ),
    ] {
        assert_eq!(
            text(&format!("/invalid?{what}"), &["a.test"]),
            want,
            "{what}"
        );
    }
}

#[test]
fn trailers_pass_and_none_are_empty() {
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-t: 1\r\n\r\n";
    for (answer, want) in [
        (Answer::raw(chunked), format!("{:?}", [("x-t", b"1")])),
        (Answer::ok("a"), "[]".to_owned()),
    ] {
        let upstream = Upstream::always(answer);
        let authority = upstream.authority();
        let got = text(&format!("/trailers?{authority}"), &[&authority]);
        assert_eq!(got, want);
    }
}

#[test]
fn a_guest_built_for_wasm32_wasip2_runs_like_the_core_module() {
    let component = shared().load_file(SPIN_SDK_2.component_path()).unwrap();
    assert_eq!(component.missing_imports(), Vec::<String>::new());
    let response = get(&component.guest("stock"), "/hello?q=1").unwrap();
    assert!(response.body().starts_with(b"Method::Get "), "{response:?}");
}
