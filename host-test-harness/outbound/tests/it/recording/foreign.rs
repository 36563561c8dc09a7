//! Files of other programs, in the form that these programs document.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use harness_outbound::har::{read, read_file};
use harness_outbound::mocks::{Mocks, Unmatched, any, text};
use harness_outbound::recording::{BodyEnd, RecordedExchange};
use harness_outbound::{CallLimits, Phase, TransportError};
use http::{Method, Version};

use super::writer::headers;
use super::{caller, calls, network, send_buffered};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/har")
        .join(name)
}

fn exchanges(name: &str) -> Vec<RecordedExchange> {
    read_file(&path(name)).unwrap()
}

/// Method, URL, request body, and status, response body and its end.
type Row<'a> = (&'a str, &'a str, &'a [u8], Option<(u16, &'a [u8], BodyEnd)>);

#[test]
fn files_of_browsers_and_proxies_are_read() {
    let files: [(&str, &[Row<'_>]); 4] = [
        (
            "chromium.har",
            &[
                (
                    "GET",
                    "https://site.test/?q=1",
                    b"",
                    Some((200, "<p>café</p>\n".as_bytes(), BodyEnd::Complete)),
                ),
                (
                    "POST",
                    "https://site.test/form",
                    b"a=1&b=2",
                    Some((302, b"", BodyEnd::Complete)),
                ),
                ("GET", "https://gone.test/", b"", None),
                (
                    "GET",
                    "https://site.test/evicted.png",
                    b"",
                    Some((200, b"", BodyEnd::Missing)),
                ),
            ],
        ),
        (
            "firefox.har",
            &[(
                "PUT",
                "http://site.test/data",
                "grüße!".as_bytes(),
                Some((200, b"GIF89\xff", BodyEnd::Complete)),
            )],
        ),
        (
            "playwright.har",
            &[
                (
                    "POST",
                    "http://site.test/upload",
                    b"\xff\x00\x01",
                    Some((200, b"{\"a\":1}", BodyEnd::Complete)),
                ),
                ("GET", "http://site.test/refused", b"", None),
                (
                    "GET",
                    "http://site.test/omitted",
                    b"",
                    Some((200, b"", BodyEnd::Missing)),
                ),
            ],
        ),
        (
            "mitmproxy.har",
            &[
                (
                    "POST",
                    "http://site.test/form",
                    b"a+b=1%262",
                    Some((200, b"ok", BodyEnd::Complete)),
                ),
                ("GET", "http://site.test/", b"", None),
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (file, rows) in files {
        let exchanges = exchanges(file);
        assert_eq!(exchanges.len(), rows.len(), "{file}");
        for (exchange, want) in exchanges.iter().zip(rows) {
            let request = &exchange.request;
            let response = exchange.response.as_ref().map(|head| {
                let body = &head.body;
                (head.status.as_u16(), &*body.bytes, body.end)
            });
            let got = (
                request.method.as_str(),
                &*request.url,
                &*request.body.bytes,
                response,
            );
            if got != *want {
                wrong.push(format!("{file}: want {want:?}, got {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_decoded_body_has_the_fields_of_a_decoded_body() {
    let page = exchanges("chromium.har").remove(0);
    assert_eq!(page.request.headers, headers(&[("accept", b"text/html")]));
    let head = page.response.unwrap();
    let want = headers(&[
        ("content-length", b"13"),
        ("content-type", b"text/html; charset=utf-8"),
        ("set-cookie", b"a=1"),
        ("set-cookie", b"b=2"),
    ]);
    assert_eq!(head.headers, want);
    assert_eq!(head.version, Version::HTTP_2);
    let form = exchanges("mitmproxy.har").remove(0).response.unwrap();
    assert!(form.headers.is_empty(), "{:?}", form.headers);
}

#[test]
fn failures_and_times_of_other_programs_are_read() {
    let error = |file, index: usize| {
        let failure = exchanges(file).remove(index).failure.unwrap();
        (failure.error, failure.cause)
    };
    let refused = Some(TransportError::Refused);
    for (file, index, want, cause) in [
        (
            "chromium.har",
            2,
            Some(TransportError::Dns),
            "net::ERR_NAME_NOT_RESOLVED",
        ),
        ("playwright.har", 1, refused, "net::ERR_CONNECTION_REFUSED"),
        ("mitmproxy.har", 1, None, "server closed connection"),
    ] {
        assert_eq!(error(file, index), (want, cause.to_owned()), "{file}");
    }
    let at = exchanges("firefox.har").remove(0).started;
    let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(at, Duration::from_millis(1_767_319_445_678));
    let timings = exchanges("chromium.har").remove(0).timings;
    assert_eq!(timings.blocked, Duration::from_micros(1_500));
    assert_eq!(timings.dns, Some(Duration::from_micros(500)));
    assert_eq!(timings.connect, Some(Duration::from_millis(3)));
    assert_eq!(timings.tls, Some(Duration::from_millis(2)));
    assert_eq!(timings.total(), Duration::from_micros(12_500));
    let timings = exchanges("chromium.har").remove(1).timings;
    assert_eq!(
        (timings.dns, timings.connect, timings.tls),
        (None, None, None)
    );
    let timeout = TransportError::Timeout(Phase::Connect);
    let file = std::fs::read_to_string(path("chromium.har")).unwrap();
    for (text, want) in [
        ("net::ERR_CONNECTION_TIMED_OUT", Some(timeout)),
        ("net::ERR_UNHEARD_OF", None),
    ] {
        let file = file.replace("net::ERR_NAME_NOT_RESOLVED", text);
        let got = read("a.har".as_ref(), file.as_bytes()).unwrap().remove(2);
        assert_eq!(got.failure.unwrap().error, want, "{text}");
    }
}

#[test]
fn a_body_in_a_file_elsewhere_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let absolute = folder.path().join("secret").display().to_string();
    std::fs::write(inner.join(".env"), "secret").unwrap();
    let mut names = vec![
        "../secret",
        &absolute,
        "",
        ".",
        "..",
        "inner/../../secret",
        ".env",
    ];
    #[cfg(unix)]
    for (name, target) in [("link", "../secret"), ("folder", ".")] {
        std::os::unix::fs::symlink(target, inner.join(name)).unwrap();
        names.push(name);
    }
    for name in names {
        let text = std::fs::read_to_string(path("playwright.har")).unwrap();
        let file = inner.join("a.har");
        std::fs::write(&file, text.replace("7e2f.bin", name)).unwrap();
        let error = read_file(&file).unwrap_err().to_string();
        assert!(error.contains("not the name of a file"), "{name}: {error}");
    }
}

#[test]
fn a_multipart_form_without_its_text_has_a_body_that_the_recording_lacks() {
    let file = r#"{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026-01-02T03:04:05Z",
        "request": {"method": "POST", "url": "http://site.test/", "bodySize": 90, "postData": {
            "mimeType": "multipart/form-data; boundary=b", "params": [{"name": "a", "fileName": "a.png"}]}},
        "response": {"status": 204}}]}}"#;
    let exchange = read("a.har".as_ref(), file.as_bytes()).unwrap().remove(0);
    assert_eq!(exchange.request.body.end, BodyEnd::Missing);
}

#[test]
fn a_lone_surrogate_is_read_as_the_replacement_character() {
    for (escaped, want) in [
        (r"\ud83d\ude00", "\u{1f600}"),
        (r"\ud83d", "\u{fffd}"),
        (r"\uDE00\uD83D!", "\u{fffd}\u{fffd}!"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        (r"\ud83d\u0041", "\u{fffd}A"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d\\", "\\\u{fffd}\\"),
        (r"é\ud83dé", "é\u{fffd}é"),
    ] {
        let file = r#"{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026-01-02T03:04:05Z",
            "request": {"method": "GET", "url": "http://site.test/"},
            "response": {"status": 200, "content": {"text": "TEXT"}}}]}}"#;
        let file = file.replace("TEXT", escaped);
        let exchange = read("a.har".as_ref(), file.as_bytes()).unwrap().remove(0);
        let body = exchange.response.unwrap().body.bytes;
        assert_eq!(String::from_utf8(body.to_vec()).unwrap(), want, "{escaped}");
    }
}

#[tokio::test]
async fn an_entry_without_its_body_fails_only_the_call_that_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.har");
    let entry = |path: &str, content: &str| {
        format!(
            r#"{{"startedDateTime": "2026-01-02T03:04:05Z", "request": {{"method": "GET",
               "url": "http://127.0.0.1:9{path}"}}, "response": {{"status": 200, "content": {content}}}}}"#
        )
    };
    let entries = [
        entry("/a", r#"{"text": "1"}"#),
        entry("/a", r#"{"size": 10}"#),
        entry("/a", r#"{"text": "3"}"#),
        entry(
            "/large",
            r#"{"text": ""}, "_bodyEnd": "too-large", "_bodyLimit": 4"#,
        ),
    ]
    .join(",");
    let log = format!(r#"{{"log": {{"version": "1.2", "entries": [{entries}]}}}}"#);
    std::fs::write(&file, log).unwrap();
    for unmatched in [Unmatched::Fail, Unmatched::Network] {
        let upstream = Mocks::new().expect(any().times(0..), text("sent"));
        let replay = Mocks::from_har(&file).unwrap().unmatched(unmatched);
        let replay = replay.verify_on_drop(false);
        let network = upstream.transport(network(&CallLimits::default()));
        let guest = calls(caller(replay.transport(network), CallLimits::default()));
        let mut wrong = Vec::new();
        for (path, want) in [
            ("/a", "1"),
            (
                "/a",
                "cannot replay GET http://127.0.0.1:9/a: log.entries[1] of ",
            ),
            ("/a", "3"),
            ("/large", "larger than 4 bytes"),
        ] {
            let uri = format!("http://127.0.0.1:9{path}");
            let seen = send_buffered(&guest, Method::GET, &uri, &[], None).await;
            let got = match &seen.error {
                Some(error) => error.clone(),
                None => String::from_utf8(seen.body).unwrap(),
            };
            let is_sent = unmatched == Unmatched::Network && want.len() > 1;
            let want = if is_sent { "sent" } else { want };
            if !got.contains(want) {
                wrong.push(format!("{path}, {unmatched:?}: got {got:?}, want {want:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn a_byte_order_mark_and_a_file_without_a_version_are_read() {
    let file = std::fs::read_to_string(path("firefox.har")).unwrap();
    for file in [
        format!("\u{feff}{file}"),
        file.replace("\"version\": \"1.2\",", ""),
    ] {
        assert_eq!(read("a.har".as_ref(), file.as_bytes()).unwrap().len(), 1);
    }
}
