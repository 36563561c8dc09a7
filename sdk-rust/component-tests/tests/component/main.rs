//! The SDK in a real component, over both interfaces, with a real upstream.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod harness;
mod upstream;

use std::time::{Duration, Instant};

use harness::{Component, harness};
use spin_harness::Limits;
use upstream::{send, try_send};

const MIB: u64 = 1 << 20;

/// Reports all wrong rows.
#[track_caller]
fn check(rows: Vec<(String, String, &str)>) {
    let wrong: Vec<_> = rows
        .into_iter()
        .filter(|(_, got, want)| !matches(got, want))
        .map(|(row, got, want)| format!("{row}\n  got  {got:?}\n  want {want:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `...` in what is wanted stands for any text.
fn matches(got: &str, want: &str) -> bool {
    match want.split_once("...") {
        Some((start, end)) => {
            got.len() >= start.len() + end.len() && got.starts_with(start) && got.ends_with(end)
        }
        None => got == want,
    }
}

#[test]
fn fields_of_the_clients_connection_stay_behind_however_they_are_copied() {
    let mut rows = Vec::new();
    for component in Component::both() {
        for way in ["clone", "values", "bytes", "map"] {
            let fields = "x-a: 1\r\nspin-client-addr: 192.0.2.1:1\r\nspin-a: 1\r\nexpect: x\r\nte: trailers\r\n";
            let mut response = send(
                component.address,
                &format!("/copy/{way}/head"),
                fields,
                None,
            );
            let head = response.text();
            let names: Vec<_> = head
                .lines()
                .skip(1)
                .filter(|line| !line.is_empty())
                .map(|line| match line.split_once(": ") {
                    Some(("host", host)) if host.starts_with("127.0.0.1:") => "host of the url",
                    Some((_, _)) | None => line,
                })
                .collect();
            let mut names = names;
            names.sort_unstable();
            let row = format!("{} {way}", component.interface);
            rows.push((row, names.join(", "), "host of the url, x-a: 1"));
        }
    }
    check(rows);
    let mut response = send(Component::spin().address, "/copy/keep-host/head", "", None);
    assert!(response.text().contains("\r\nhost: client.test\r\n"));
}

#[test]
fn bodies_of_20_mib_arrive_both_ways() {
    let mut rows = Vec::new();
    for component in Component::both() {
        for path in ["/buffered/echo", "/relay/echo"] {
            let mut response = send(component.address, path, "", Some(20 * MIB));
            let got = format!("{} {:?}", response.status(), response.count().ok());
            let row = format!("{} {path}", component.interface);
            rows.push((row, got, "200 Some(20971520)"));
        }
    }
    check(rows);
}

#[test]
fn upstream_that_responds_early_and_never_reads_the_rest_does_not_hold_up_the_call() {
    let component = Component::wasi();
    let mut rows = Vec::new();
    for (path, n_bytes) in [
        ("/buffered/early", Some(20 * MIB)),
        ("/relay/early", Some(20 * MIB)),
        ("/upload/early/20971520", None),
    ] {
        let start = Instant::now();
        let mut response = send(component.address, path, "", n_bytes);
        rows.push((path.to_owned(), response.text(), "early"));
        assert!(start.elapsed() < Duration::from_secs(20), "{path}");
    }
    check(rows);
}

#[test]
fn calls_run_at_the_same_time_with_their_bodies() {
    let mut response = send(Component::wasi().address, "/all/together", "", None);
    assert_eq!(response.text(), "4194304\n4194304\n4194304");
}

#[test]
fn bodies_of_readers_are_framed_as_their_length_is_known() {
    let mut rows = Vec::new();
    for component in Component::both() {
        let is_wasi = component.interface == "wasi:http";
        for (path, n_bytes, want) in [
            ("/upload/count/70000", None, "70000 of ...chunked"),
            ("/sized/count/70000", None, "70000 of content-length 70000"),
            ("/relay/count", Some(5), "5 of content-length 5"),
            ("/relay/count", Some(0), "0 of content-length 0"),
            ("/relay/count", None, "0 of no framing"),
            (
                "/broken-upload/count",
                None,
                "InvalidBody - timeout=false ...the reader of the request body failed",
            ),
            ("/upload/redirect/303/0", None, "0 of no framing"),
        ] {
            let want = match want {
                "70000 of ...chunked" if !is_wasi => "70000 of content-length 70000",
                want => want,
            };
            let mut response = send(component.address, path, "", n_bytes);
            let row = format!("{} {path} {n_bytes:?}", component.interface);
            rows.push((row, response.text(), want));
        }
    }
    check(rows);
}

#[test]
fn response_of_a_reader_streams_and_one_that_fails_is_cut() {
    let mut rows = Vec::new();
    for component in Component::both() {
        let mut response = send(component.address, "/download/70000", "", None);
        let row = format!("{} download", component.interface);
        rows.push((row, response.count().unwrap().to_string(), "70000"));
        // The client gets the error or a part of the body, and never a whole response.
        let got = match try_send(component.address, "/broken-download", "", None) {
            Some(mut response) => match response.count() {
                Ok(_) => response.status(),
                Err(_) => "cut".to_owned(),
            },
            None => "cut".to_owned(),
        };
        let want = match component.interface {
            "wasi:http" => "cut",
            _ => "500",
        };
        rows.push((format!("{} broken", component.interface), got, want));
    }
    check(rows);
}

#[test]
fn memory_does_not_grow_with_what_is_relayed() {
    let limits = Limits {
        memory_bytes: 4 << 20,
        request_body_bytes: 1 << 30,
        response_body_bytes: 1 << 30,
        ..Limits::default()
    };
    let component = Component::start("wasi:http", &harness(limits));
    let mut response = send(component.address, "/relay/bytes/268435456", "", None);
    assert_eq!(response.count().unwrap(), 256 * MIB);
    let mut response = send(component.address, "/relay/count", "", Some(100 * MIB));
    assert_eq!(response.text(), "104857600 of content-length 104857600");
}

#[test]
fn errors_name_the_time_the_field_and_the_cause() {
    let component = Component::wasi();
    let mut rows = Vec::new();
    for (path, want) in [
        (
            "/time/silence/first_byte",
            "RuntimeError HTTP-response-timeout timeout=true ...the first byte of the response took longer than 300ms",
        ),
        (
            "/time/half/between_bytes",
            "RuntimeError connection-read-timeout timeout=true ...a piece of the response's body took longer than 300ms",
        ),
        (
            "/time/silence/total",
            "RuntimeError HTTP-response-timeout timeout=true ...the call took longer than 300ms",
        ),
        (
            "/time/half/total",
            "RuntimeError connection-read-timeout timeout=true ...the call took longer than 300ms",
        ),
        (
            "/refused/count",
            "InvalidHeader - timeout=false ...the host does not permit the header `proxy-authorization` in a request over wasi:http; remove it",
        ),
        (
            "/length/count",
            "RequestError - timeout=false ...set it to the length of the body",
        ),
        (
            "/upload/redirect/307/0",
            "InvalidBody - timeout=false ...request the target of the redirect",
        ),
        (
            "/read/cut",
            "io UnexpectedEof: ...see the host's log for the cause (HTTP-response-incomplete)",
        ),
        ("/read/bytes/10", "read 10 bytes"),
        ("/redirects/redirect/302", "302 Found \"/count\""),
    ] {
        let mut response = send(component.address, path, "", None);
        rows.push((path.to_owned(), response.text(), want));
    }
    check(rows);
}
