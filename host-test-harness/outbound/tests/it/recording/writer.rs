//! Files: written whole or not at all, without secrets, and read back as they were.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use harness_outbound::har::{HarRecording, HarWriter, read, read_file};
use harness_outbound::recording::{
    BodyEnd, Direction, Existing, REDACTED, RecordMode, RecordedBody, RecordedExchange,
    RecordedFailure, RecordedRequest, RecordedResponse, RecordedTimings, Redaction,
};
use harness_outbound::{TransportError, Via};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

pub(super) fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_static(name);
        headers.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

/// An exchange with something in every field.
pub(super) fn full() -> RecordedExchange {
    RecordedExchange {
        id: None,
        parent: None,
        direction: Direction::Outbound,
        chain: Some(7),
        component: Some("guest".into()),
        started: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        hop: 2,
        rule: Some("http://*.test".to_owned()),
        entry_to_add: None,
        via: Some(Via::Network {
            address: Some("127.0.0.1:80".parse().unwrap()),
        }),
        request: RecordedRequest {
            method: Method::POST,
            url: "http://api.test/a?b=1&c=%20".to_owned(),
            headers: headers(&[("x-a", b"1"), ("x-a", b""), ("x-b", b"caf\xe9")]),
            body: RecordedBody {
                bytes: Bytes::from(&b"\x00\xff"[..]),
                size: 2,
                trailers: headers(&[("x-t", b"1")]),
                end: BodyEnd::Stopped,
            },
        },
        response: Some(RecordedResponse {
            status: StatusCode::from_u16(599).unwrap(),
            version: Version::HTTP_2,
            headers: headers(&[("content-type", b"text/plain"), ("x-b", "é".as_bytes())]),
            body: RecordedBody {
                bytes: Bytes::from("text é"),
                size: 7,
                trailers: headers(&[("x-t", b"\xff"), ("x-t", b"2")]),
                end: BodyEnd::Failed,
            },
        }),
        failure: Some(RecordedFailure {
            error: Some(TransportError::Incomplete),
            error_code: Some("runtime-error".to_owned()),
            cause: "the response is incomplete".to_owned(),
            details: Some("line\nline".to_owned()),
        }),
        timings: RecordedTimings {
            blocked: Duration::from_micros(1_500),
            dns: None,
            connect: Some(Duration::from_millis(4)),
            tls: Some(Duration::from_millis(3)),
            send: Duration::ZERO,
            wait: Duration::from_millis(20),
            receive: Duration::from_secs(3),
        },
    }
}

fn plain(url: &str) -> RecordedExchange {
    let mut exchange = full();
    exchange.request.url = url.to_owned();
    exchange
}

pub(super) fn record(
    path: &Path,
    existing: Existing,
    redaction: Redaction,
    exchanges: &[RecordedExchange],
) {
    let writer = HarWriter::create(path, existing, redaction).unwrap();
    exchanges
        .iter()
        .for_each(|exchange| writer.append(exchange));
    writer.finish().unwrap();
}

fn urls(path: &Path) -> Vec<String> {
    let exchanges = read_file(path).unwrap();
    exchanges
        .into_iter()
        .map(|exchange| exchange.request.url)
        .collect()
}

#[track_caller]
fn only_file(path: &Path) {
    let files: Vec<_> = path
        .parent()
        .unwrap()
        .read_dir()
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn an_exchange_is_read_back_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let mut exchanges = vec![full()];
    exchanges.push(RecordedExchange {
        direction: Direction::Inbound,
        hop: 0,
        via: Some(Via::InProcess {
            component: Some(Arc::from("stock")),
        }),
        failure: None,
        ..full()
    });
    let via = Some(Via::Mock {
        name: "price".to_owned(),
    });
    exchanges.push(RecordedExchange { via, ..full() });
    exchanges.push(RecordedExchange {
        response: None,
        via: None,
        rule: None,
        chain: None,
        component: None,
        ..full()
    });
    for end in [
        BodyEnd::Complete,
        BodyEnd::Missing,
        BodyEnd::TooLarge { limit: 4 },
    ] {
        let mut exchange = full();
        exchange.request.body = RecordedBody {
            end,
            size: 9,
            ..RecordedBody::complete("")
        };
        exchange.response.as_mut().unwrap().body = exchange.request.body.clone();
        exchanges.push(exchange);
    }
    record(&path, Existing::Replace, Redaction::none(), &exchanges);
    let got = read_file(&path).unwrap();
    assert_eq!(got.len(), exchanges.len());
    for (got, want) in got.iter().zip(&exchanges) {
        assert_eq!(got, want);
    }
    only_file(&path);
}

#[test]
fn no_secret_reaches_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let mut exchange = full();
    exchange.request.url = "http://api.test/?token=s3cret&page=2".to_owned();
    exchange.request.headers = headers(&[
        ("authorization", b"Bearer s3cret"),
        ("proxy-authorization", b"Basic s3cret"),
        ("cookie", b"id=s3cret; s3cret"),
        ("cookie", b"theme=s3cret"),
        ("x-api-key", b"s3cret"),
        ("referer", b"http://api.test/?token=s3cret"),
    ]);
    let head = exchange.response.as_mut().unwrap();
    head.headers = headers(&[
        ("set-cookie", b"id=s3cret; Path=/; HttpOnly"),
        ("set-cookie", b"theme=s3cret; Domain=api.test; Secure"),
        ("location", b"/next?token=s3cret"),
    ]);
    head.body.trailers = headers(&[("x-api-key", b"s3cret")]);
    exchange.failure.as_mut().unwrap().cause = "at http://a.test/?token=s3cret".to_owned();
    let redaction = Redaction::default()
        .header(HeaderName::from_static("x-api-key"))
        .query_parameter("token");
    record(&path, Existing::Replace, redaction, &[exchange]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entry = &file["log"]["entries"][0];
    assert_eq!(entry["request"]["cookies"][0]["name"], "id");
    assert_eq!(entry["request"]["cookies"][2]["name"], "theme");
    assert_eq!(entry["response"]["cookies"][0]["value"], REDACTED);
    assert_eq!(entry["response"]["cookies"][0]["httpOnly"], true);
    assert_eq!(entry["response"]["cookies"][1]["domain"], "api.test");
    assert_eq!(entry["request"]["queryString"][1]["value"], "2");
    let got = read_file(&path).unwrap().remove(0);
    assert_eq!(got.request.headers.get_all("cookie").iter().count(), 2);
}

#[test]
fn exchanges_are_kept_or_replaced_and_a_kept_file_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let foreign = r#"{"log": {"version": "1.2", "creator": {"name": "other", "version": "7"},
        "pages": [{"id": "p"}], "_own": 1, "entries": [
        {"startedDateTime": "2026-01-02T03:04:05.678+01:00", "_priority": "High", "time": 1.50,
         "request": {"method": "GET", "url": "http://a.test/0"}, "response": {"status": 204}}]}}"#;
    std::fs::write(&path, foreign).unwrap();
    let none = Redaction::none;
    record(&path, Existing::Keep, none(), &[plain("http://a.test/1")]);
    record(
        &path,
        Existing::Keep,
        none(),
        &[plain("http://a.test/2"), plain("http://a.test/3")],
    );
    let want = ["0", "1", "2", "3"].map(|path| format!("http://a.test/{path}"));
    assert_eq!(urls(&path), want);
    let text = std::fs::read_to_string(&path).unwrap();
    for kept in [
        r#""name": "other""#,
        r#"[{"id": "p"}]"#,
        r#""_own":1"#,
        r#""_priority": "High""#,
        "1.50",
    ] {
        assert!(text.contains(kept), "{kept} is lost: {text}");
    }
    record(
        &path,
        Existing::Replace,
        none(),
        &[plain("http://a.test/4")],
    );
    assert_eq!(urls(&path), ["http://a.test/4"]);
    // Nothing was recorded.
    for existing in [Existing::Keep, Existing::Replace] {
        record(&path, existing, none(), &[]);
        assert_eq!(urls(&path), ["http://a.test/4"], "{existing:?}");
        only_file(&path);
        std::fs::remove_file(&path).unwrap();
        record(&path, existing, none(), &[]);
        assert!(urls(&path).is_empty(), "{existing:?}");
        record(&path, existing, none(), &[plain("http://a.test/4")]);
    }
    only_file(&path);
}

#[test]
fn the_next_run_completes_what_an_interrupted_run_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let partial = folder.path().join("a.har.partial");
    record(
        &path,
        Existing::Replace,
        Redaction::none(),
        &[plain("http://a.test/0")],
    );
    let before = std::fs::read(&path).unwrap();
    let interrupted = {
        let writer = HarWriter::create(&path, Existing::Replace, Redaction::none()).unwrap();
        writer.append(&plain("http://a.test/1"));
        writer.append(&plain("http://a.test/2"));
        let recorded = std::fs::read(&partial).unwrap();
        assert_eq!(
            std::fs::read(&path).unwrap(),
            before,
            "the file is replaced at the end"
        );
        recorded
    };
    for (left, want) in [
        (interrupted.clone(), vec!["0", "1", "2"]),
        // The process ended while it wrote its last line.
        (
            interrupted[..interrupted.len() - 2].to_vec(),
            vec!["0", "1"],
        ),
        (interrupted[..10].to_vec(), vec!["0"]),
    ] {
        for existing in [Existing::Keep, Existing::Replace] {
            std::fs::write(&path, &before).unwrap();
            std::fs::write(&partial, &left).unwrap();
            let writer = HarWriter::create(&path, existing, Redaction::none()).unwrap();
            let want: Vec<String> = want
                .iter()
                .map(|path| format!("http://a.test/{path}"))
                .collect();
            writer.append(&plain("http://a.test/9"));
            writer.finish().unwrap();
            // Those of the file, if they are kept, of the interrupted run, and of this run.
            let n_want = match existing {
                Existing::Keep => want.len() + 1,
                Existing::Replace => want.len(),
            };
            assert_eq!(urls(&path).len(), n_want, "{existing:?}");
            only_file(&path);
        }
    }
    // A file that no run has left is refused, and stays.
    for foreign in ["5\n", "{}\n", "mine", "mine\n", "{\"log\": ", "\n", "\0\0"] {
        std::fs::write(&partial, foreign).unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            let error = HarWriter::create(&path, existing, Redaction::none()).unwrap_err();
            let text = error.to_string();
            let is_named = text.contains("a.har.partial:1:1: not an entry");
            assert!(is_named, "{foreign:?}, {existing:?}: {text}");
            assert_eq!(std::fs::read(&partial).unwrap(), foreign.as_bytes());
        }
    }
    #[cfg(unix)]
    {
        let victim = folder.path().join("victim");
        std::fs::write(&victim, &interrupted).unwrap();
        std::fs::remove_file(&partial).unwrap();
        std::os::unix::fs::symlink(&victim, &partial).unwrap();
        let error = HarWriter::create(&path, Existing::Replace, Redaction::none()).unwrap_err();
        assert!(error.to_string().contains("a.har.partial: "), "{error}");
        assert_eq!(std::fs::read(&victim).unwrap(), interrupted);
        std::fs::remove_file(&victim).unwrap();
        std::fs::remove_file(&partial).unwrap();
    }
    // Without the file, reading it says how to get it.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&partial, &interrupted).unwrap();
    let error = read_file(&path).unwrap_err().to_string();
    assert!(error.contains("interrupted"), "{error}");
    drop(HarWriter::create(&path, Existing::Keep, Redaction::none()).unwrap());
    assert_eq!(urls(&path).len(), 2);
}

#[cfg(unix)]
#[test]
fn a_new_file_is_its_owners_and_a_replaced_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let partial = folder.path().join("a.har.partial");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let writer = HarWriter::create(&path, Existing::Replace, Redaction::none()).unwrap();
    writer.append(&full());
    assert_eq!(mode(&partial), 0o600);
    writer.finish().unwrap();
    assert_eq!(mode(&path), 0o600);
    for kept in [0o644, 0o640, 0o600] {
        for existing in [Existing::Keep, Existing::Replace] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(kept)).unwrap();
            record(&path, existing, Redaction::none(), &[full()]);
            assert_eq!(mode(&path), kept, "{existing:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn what_a_recording_cannot_replace_is_refused_before_the_run_and_stays() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    symlink("socket", at("link")).unwrap();
    symlink("loop", at("loop")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    assert!(pipe.unwrap().success());
    std::fs::write(at("read-only"), "mine").unwrap();
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(at("read-only"), read_only).unwrap();
    let names = || {
        let entries = folder.path().read_dir().unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let mut wrong = Vec::new();
    for (name, want) in [
        ("folder", "a folder"),
        ("socket", "not a regular file"),
        ("device", "not a regular file"),
        ("link", "not a regular file"),
        ("pipe", "not a regular file"),
        ("loop", "cannot find the file"),
        ("read-only", "read-only"),
    ] {
        for existing in [Existing::Keep, Existing::Replace] {
            match HarWriter::create(&at(name), existing, Redaction::none()) {
                Ok(_writer) => wrong.push(format!("{name}, {existing:?}: not refused")),
                Err(error) if error.to_string().contains(want) => {}
                Err(error) => wrong.push(format!("{name}, {existing:?}: {error}, want {want}")),
            }
        }
    }
    for name in ["folder", "socket", "device", "link", "pipe"] {
        for mode in RecordMode::ALL {
            let path = at(name);
            let (sender, opened) = std::sync::mpsc::channel();
            // Who opens a pipe waits for its other end.
            std::thread::spawn(move || {
                drop(sender.send(HarRecording::open(path, mode, Redaction::none())));
            });
            let opened = opened.recv_timeout(Duration::from_secs(20));
            match opened.expect("the file is refused before it is opened") {
                Ok(_recording) => wrong.push(format!("{name}, {mode}: not refused")),
                Err(error) if error.to_string().contains("record to") => {}
                Err(error) => wrong.push(format!("{name}, {mode}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(names(), before);
    assert_eq!(std::fs::read(at("read-only")).unwrap(), b"mine");

    // A link to a file that does not exist yet stays a link to it.
    symlink("folder/second", at("first")).unwrap();
    symlink("../target.har", at("folder/second")).unwrap();
    let exchanges = [plain("http://a.test/1")];
    record(
        &at("first"),
        Existing::Replace,
        Redaction::none(),
        &exchanges,
    );
    assert!(at("first").is_symlink() && at("folder/second").is_symlink());
    assert_eq!(urls(&at("target.har")), ["http://a.test/1"]);
}

#[test]
fn a_file_that_is_not_whole_is_never_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    record(
        &path,
        Existing::Replace,
        Redaction::none(),
        &[plain("http://a.test/0")],
    );
    let before = std::fs::read(&path).unwrap();
    let writer = HarWriter::create(&path, Existing::Keep, Redaction::none()).unwrap();
    // Another writer of the same path is refused, and takes nothing away.
    let error = HarWriter::create(&path, Existing::Replace, Redaction::none()).unwrap_err();
    assert!(error.to_string().contains("another run records"), "{error}");
    writer.append(&plain("http://a.test/1"));
    // Somebody breaks the file meanwhile: it is not overwritten, and the error says where the exchanges are.
    std::fs::write(&path, "{").unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(error.line(), Some(1), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"{");
    drop(writer);
    std::fs::write(&path, &before).unwrap();
    drop(HarWriter::create(&path, Existing::Keep, Redaction::none()).unwrap());
    assert_eq!(urls(&path), ["http://a.test/0", "http://a.test/1"]);

    // A writer that is dropped has written its file.
    let writer = HarWriter::create(&path, Existing::Keep, Redaction::none()).unwrap();
    writer.append(&plain("http://a.test/2"));
    drop(writer);
    assert_eq!(urls(&path).len(), 3);
    only_file(&path);

    let missing = folder.path().join("missing/a.har");
    let error = HarWriter::create(&missing, Existing::Replace, Redaction::none()).unwrap_err();
    assert!(error.to_string().contains("missing/a.har"), "{error}");
    let error = read_file(&missing).unwrap_err();
    assert!(error.to_string().contains("missing/a.har"), "{error}");
    std::fs::write(&path, "{}").unwrap();
    HarWriter::create(&path, Existing::Keep, Redaction::none()).unwrap_err();
    only_file(&path);
}

#[test]
fn an_error_names_file_line_column_entry_and_field() {
    let file = |entries: &str| {
        format!(
            "{{\"log\": {{\"version\": \"1.2\",\n\"creator\": {{\"name\": \"\", \"version\": \"\"}},\n\"entries\": [\n{entries}\n]}}}}"
        )
    };
    let good = r#"{"startedDateTime": "2026-01-02T03:04:05Z", "request": {"method": "GET", "url": "http://a.test/"}, "response": {"status": 200}}"#;
    let bad = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        file(&format!("{good},\n  {}", good.replace(from, to)))
    };
    let response = |more: &str| bad(r#""status": 200"#, &format!(r#""status": 200, {more}"#));
    let request = |more: &str| {
        bad(
            r#""method": "GET""#,
            &format!(r#""method": "POST", {more}"#),
        )
    };
    let rows: Vec<(String, &str)> = vec![
        (String::new(), "a.har:1:1: "),
        ("{\n \"log\": 1,\n}".to_owned(), "a.har:3:1: "),
        ("{}".to_owned(), "missing field `log`"),
        ("{\"log\": 7}".to_owned(), "a.har:1:9: log: invalid type"),
        (
            "{\"log\": {\"version\": \"1.2\"}}".to_owned(),
            "a.har:1:9: log: it has no `entries`",
        ),
        (
            "{\"log\": {\"version\": \"2.0\", \"entries\": []}}".to_owned(),
            "a.har:1:21: log.version: version \"2.0\"",
        ),
        (
            "{\"log\": {\"version\": 1, \"entries\": []}}".to_owned(),
            "log.version: version 1",
        ),
        (
            "{\"log\": {\"entries\": {}}}".to_owned(),
            "log.entries: invalid type",
        ),
        (bad("200", "true"), "a.har:5:"),
        (
            bad("200", "true"),
            "log.entries[1].response.status: invalid type",
        ),
        (
            bad("200", "1000"),
            "a.har:5:3: log.entries[1].response.status: a status is 100 to 999, and not 1000",
        ),
        (
            bad("GET", "G T"),
            "log.entries[1].request.method: a method is a token",
        ),
        (
            bad("\"method\": \"GET\", ", ""),
            "log.entries[1].request: missing field `method`",
        ),
        (
            bad("2026-01-02T", "yesterday "),
            "log.entries[1].startedDateTime: ",
        ),
        (
            bad(r#""request": {"#, r#""_direction": "up", "request": {"#),
            "log.entries[1]._direction: `up`",
        ),
        (
            response(r#""content": {"text": "?", "encoding": "base64"}"#),
            "log.entries[1].response.content.text: invalid base64",
        ),
        (
            response(r#""content": {"text": "", "encoding": "rot13"}"#),
            "response.content.encoding: unknown encoding `rot13`",
        ),
        (
            response(r#""content": {"_file": "a"}"#),
            "response.content._file: the body is in another file",
        ),
        (
            response(r#""_bodyEnd": "late""#),
            "response._bodyEnd: unknown end `late`",
        ),
        (
            response(r#""_errorKind": "tired""#),
            "response._errorKind: unknown failure of a transport `tired`",
        ),
        (
            response(r#""headers": [{"name": "a", "value": ""}, {"name": "a b", "value": ""}]"#),
            "response.headers[1].name: a field name is a token",
        ),
        (
            response(r#""headers": [{"name": "a", "value": "\u0000"}]"#),
            "response.headers[0].value: ",
        ),
        (
            response(r#""headers": [{"name": "a", "value": "", "_valueBase64": "?"}]"#),
            "response.headers[0]._valueBase64: ",
        ),
        (
            response(r#""headers": [{"name": "a"}]"#),
            "response.headers[0]: missing field `value`",
        ),
        (
            request(r#""_trailers": [{"name": "", "value": ""}]"#),
            "request._trailers[0].name: ",
        ),
    ];
    let mut wrong = Vec::new();
    for (input, want) in rows {
        match read("a.har".as_ref(), input.as_bytes()) {
            Ok(read) => wrong.push(format!("want {want:?}, got {read:?}")),
            Err(error) => {
                let text = error.to_string();
                if !text.contains(want) || !text.starts_with("a.har:") || text.contains('\n') {
                    wrong.push(format!("want {want:?}, got {text:?} of {input}"));
                }
            }
        }
    }
    let error = read("a.har".as_ref(), b"{\"log\":\n \xff").unwrap_err();
    assert_eq!(
        (error.line(), error.column()),
        (Some(2), Some(2)),
        "{error}"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
