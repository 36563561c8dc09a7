//! Guests that trap, exit, write too much or respond with invalid HTTP, and files that are not guests.

use bytes::Bytes;
use http::{Method, Request};
use spin_harness::{ErrorKind, Output, OutputBuffer, STDERR_TAIL_BYTES};

use test_support::guests::{builder, get, handle, run, wire_probe};
use test_support::table::check_rows;

#[test]
fn a_panic_is_reported_with_its_message_and_a_backtrace() {
    let error = get(&wire_probe(&[]), "/panic").unwrap_err();
    assert!(
        error.guest_stderr().contains("the probe was told to panic"),
        "{error:?}"
    );
    let backtrace = error.backtrace().unwrap_or_default();
    assert!(backtrace.contains("handle_request"), "{backtrace}");
}

#[test]
fn the_last_bytes_of_stderr_are_kept_however_much_was_written() {
    let buffer = OutputBuffer::new(100);
    let guest = wire_probe(&[]).stderr(Output::Buffer(buffer.clone()));
    let error = get(&guest, "/stderr").unwrap_err();
    assert!(
        error.guest_stderr().contains("the last words"),
        "{}",
        error.guest_stderr()
    );
    assert!(error.guest_stderr().len() <= STDERR_TAIL_BYTES);
    assert!(buffer.text().len() <= 100);
}

#[test]
fn a_method_that_the_interface_lacks_gets_405() {
    check_rows(["TRACE", "CONNECT", "get", "PURGE"], |method| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request::builder()
            .method(method)
            .uri("/")
            .body(Bytes::new())
            .unwrap();
        let response = handle(&wire_probe(&[]), request).unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(
            response.headers()["allow"],
            "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS"
        );
    });
}

#[test]
fn an_inbound_request_reaches_the_guest_complete() {
    let request = Request::put("http://app.test/echo?q=%20&q=2")
        .header("x-a", "1")
        .header("x-a", "2")
        .body(Bytes::from("body"))
        .unwrap();
    let response = handle(&wire_probe(&[]), request).unwrap();
    assert_eq!(
        response.body(),
        "Method::Put /echo?q=%20&q=2 Some(\"body\")"
    );
    assert_eq!(
        response.headers().get_all("x-a").iter().collect::<Vec<_>>(),
        ["1", "2"]
    );
}

#[test]
fn a_guest_sees_only_the_environment_that_it_was_given() {
    let response = get(&wire_probe(&[]).env("GIVEN", "1"), "/environment").unwrap();
    assert_eq!(
        response.body(),
        r#"variables [("GIVEN", "1")]; root false; socket false; lookup false"#
    );
}

#[test]
fn a_file_that_is_not_a_guest_is_refused_with_a_reason() {
    let harness = builder(spin_harness::Limits::default()).build().unwrap();
    // An empty component, which is valid and exports nothing.
    let empty_component = b"\0asm\x0d\0\x01\0";
    let rows = [
        (&b""[..], "the file is empty"),
        (b"#!/bin/sh", "not WebAssembly"),
        (
            b"\0asm\x01\0\0\0",
            "this is a core module, and it cannot become a component",
        ),
        (b"\0asm\x0d\0\x01\0\xff\xff", "cannot be loaded"),
        (empty_component, "it exports nothing"),
    ];
    check_rows(rows, |(bytes, message)| {
        let error = harness.load(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidComponent, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    });
    let rows = [
        (
            r#"(component (import "wasi:http/types@0.2.0-rc-2023-11-10" (instance (export "f" (func)))))"#,
            "build it with the crate spin-sdk 3 to 5",
        ),
        (
            r#"(component (import "wasi:cli/stdout@0.2.0-rc-2023-10-18" (instance (export "get-stdout" (func)))))"#,
            "the release candidate of Spin 2.0",
        ),
        (
            r#"(component (import "wasi:http/handler@0.3.0-rc-2026-03-15" (instance (export "handle" (func)))))"#,
            "build it with the crate spin-sdk 3 to 5 or 7",
        ),
        (
            r#"(module (import "wasi-outbound-http" "request" (func)) (memory (export "memory") 1))"#,
            "use an SDK that imports `fermyon:spin/http`",
        ),
    ];
    check_rows(rows, |(wat, message)| {
        let error = harness.load(&wat::parse_str(wat).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidComponent, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    });
    let error = harness.load_file("no/such/file.wasm").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().starts_with("no/such/file.wasm: "),
        "{error}"
    );
}

#[test]
fn running_a_component_that_handles_requests_names_the_command_for_it() {
    let error = run(&wire_probe(&[]), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidComponent);
    assert!(
        error
            .to_string()
            .contains("`spin-harness request` sends it one"),
        "{error}"
    );
}

#[test]
fn a_missing_import_is_named_and_traps_only_when_it_is_called() {
    // The harness has the other import, in another version than the linker's own.
    let component = |call: &str| {
        let wat = format!(
            r#"(component
                (import "fermyon:spin/sqlite" (instance $kv
                    (export "store" (type $store (sub resource)))
                    (export "open" (func))
                    (export "get" (func (param "store" (borrow $store))))))
                (import "wasi:random/insecure@0.2.3" (instance $random
                    (export "get-insecure-random-u64" (func (result u64)))))
                (alias export $kv "open" (func $open))
                (alias export $random "get-insecure-random-u64" (func $u64))
                (core func $lowered (canon lower (func $open)))
                (core func $lowered_u64 (canon lower (func $u64)))
                (core module $module
                    (import "host" "open" (func $open))
                    (import "host" "u64" (func $u64 (result i64)))
                    (func (export "run") (result i32) (drop (call $u64)) {call} i32.const 0))
                (core instance $instance
                    (instantiate $module (with "host" (instance
                        (export "open" (func $lowered))
                        (export "u64" (func $lowered_u64))))))
                (func $run (result (result)) (canon lift (core func $instance "run")))
                (instance $exported (export "run" (func $run)))
                (export "wasi:cli/run@0.2.0" (instance $exported)))"#
        );
        wat::parse_str(wat).unwrap()
    };
    let harness = builder(spin_harness::Limits::default()).build().unwrap();
    let unused = harness.load(&component("")).unwrap();
    assert_eq!(unused.missing_imports(), ["fermyon:spin/sqlite"]);
    assert_eq!(run(&unused.guest("unused"), &[]).unwrap(), 0);

    let used = harness.load(&component("call $open")).unwrap();
    let error = run(&used.guest("used"), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Trap);
    assert_eq!(
        error.to_string(),
        "guest `used` called the import `fermyon:spin/sqlite#open`, which this harness does not have"
    );
}
