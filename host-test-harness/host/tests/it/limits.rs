//! An exceeded limit is an error for the guest, and the harness keeps working.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use spin_harness::mocks::{MockResponse, Mocks, bytes, get, post, stalled, status};
use spin_harness::{ErrorKind, Guest, Harness, Limits, Outcome};

use test_support::guests::{
    self, ProbeRequest, allow, builder, handle, mocked, probe_path, send, send_all, wire_probe_in,
};
use test_support::table::check_rows;
use test_support::upstream::{ScriptedResponse, Upstream};

/// The wire probe with limits other than the default, which may call `allowed` only.
fn limited(change: impl FnOnce(&mut Limits), allowed: &str) -> Guest {
    let mut limits = Limits::default();
    change(&mut limits);
    wire_probe_in(builder(limits), &[allowed])
}

/// An upstream that responds to every request alike.
fn upstream(response: MockResponse) -> Mocks {
    Mocks::new().expect(get("http://a.test/"), response)
}

/// The request to that upstream.
fn ask() -> ProbeRequest {
    ProbeRequest::get("http://a.test/")
}

#[test]
fn a_request_body_over_its_limit_is_a_runtime_error_and_one_at_the_limit_passes() {
    let mocks = Mocks::new().expect(post("http://a.test/").times(2), status(200));
    let guest = limited(|limits| limits.request_body_bytes = 4, "a.test");
    let guest = mocked(guest, &mocks);
    let post = |body: &str| {
        send(
            &guest,
            ProbeRequest::new("POST", "http://a.test/").body(body),
        )
    };
    assert_eq!(post("1234").status(), 200);
    assert_eq!(post("12345").error(), "runtime-error");
    assert_eq!(post("1234").status(), 200, "the harness keeps working");
}

#[test]
fn a_response_body_over_its_limit_is_a_runtime_error_and_one_at_the_limit_passes() {
    let upstream = Upstream::start([
        ScriptedResponse::ok("a".repeat(64)),
        ScriptedResponse::ok("a".repeat(65)),
        ScriptedResponse::raw(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(65))),
        ScriptedResponse::ok("a".repeat(64)),
    ]);
    let guest = limited(
        |limits| limits.response_body_bytes = 64,
        &upstream.authority(),
    );
    let rows = [
        ("at the limit", 200, "a".repeat(64)),
        (
            "over it, with content-length",
            502,
            "runtime-error".to_owned(),
        ),
        (
            "over it, without content-length",
            502,
            "runtime-error".to_owned(),
        ),
        ("at the limit again", 200, "a".repeat(64)),
    ];
    check_rows(rows, |(_, status, body)| {
        let request = Request::post("/relay")
            .body(Bytes::from(upstream.url("/")))
            .unwrap();
        let response = handle(&guest, request).unwrap();
        assert_eq!(response.status(), *status);
        assert_eq!(response.body(), body);
    });
}

#[test]
fn a_header_section_over_its_limit_is_a_runtime_error_in_both_directions() {
    let fields = |count: usize| {
        (0..count)
            .map(|index| (format!("x-{index}"), "1".to_owned()))
            .collect::<Vec<_>>()
    };
    let answer = |fields: &[(String, String)]| {
        let lines: String = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        // The connection stays open, since the next request could be sent while the upstream closes it.
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{lines}\r\n");
        ScriptedResponse::Bytes(answer.into())
    };
    let many = fields(999);
    let long = [("x-a".to_owned(), "a".repeat(300 << 10))];
    let upstream = Upstream::start([
        answer(&many),
        answer(&fields(1_001)),
        answer(&long),
        ScriptedResponse::ok(""),
    ]);
    let guest = limited(|_| {}, &upstream.authority());
    let get = || ProbeRequest::get(upstream.url("/"));
    assert_eq!(send(&guest, get()).status(), 200, "1,000 fields");
    assert_eq!(send(&guest, get()).error(), "runtime-error", "1,002 fields");
    assert_eq!(
        send(&guest, get()).error(),
        "runtime-error",
        "a value of 300 KiB"
    );
    for fields in [&fields(1_001)[..], &long] {
        let pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(send(&guest, get().headers(&pairs)).error(), "runtime-error");
    }
    assert_eq!(
        send(&guest, get()).status(),
        200,
        "the harness keeps working"
    );
}

#[test]
fn too_many_outbound_calls_of_one_invocation_are_too_many_requests() {
    let mocks = upstream(status(200));
    let guest = limited(|limits| limits.outbound_calls = Some(2), "a.test");
    let guest = mocked(guest, &mocks);
    for _ in 0..2 {
        let got = send_all(&guest, &vec![ask(); 3]);
        assert_eq!(
            (got[0].status(), got[1].status(), got[2].error()),
            (200, 200, "too-many-requests")
        );
    }
}

#[test]
fn a_wait_for_a_connection_that_exceeds_the_connect_timeout_is_too_many_requests() {
    let upstream = Upstream::always(ScriptedResponse::Silence);
    let guest = limited(
        |limits| {
            limits.connections_per_upstream = 1;
            limits.connect_timeout = Duration::from_millis(200);
            limits.response_timeout = Duration::from_secs(2);
        },
        &upstream.authority(),
    );
    std::thread::scope(|scope| {
        let first = scope.spawn(|| send(&guest, ProbeRequest::get(upstream.url("/"))));
        upstream.next();
        assert_eq!(
            send(&guest, ProbeRequest::get(upstream.url("/"))).error(),
            "too-many-requests"
        );
        assert_eq!(first.join().unwrap().error(), "runtime-error");
    });
}

#[test]
fn a_failed_exchange_names_the_limit_that_was_exceeded() {
    let mocks = upstream(bytes("a".repeat(201)));
    let (sender, failures) = std::sync::mpsc::channel();
    let limits = Limits {
        response_body_bytes: 200,
        ..Limits::default()
    };
    let builder = builder(limits).observe(move |exchange| sender.send(exchange.clone()).unwrap());
    let guest = mocked(wire_probe_in(builder, &["a.test"]), &mocks);
    assert_eq!(send(&guest, ask()).error(), "runtime-error");
    let Outcome::Failed {
        error_code, cause, ..
    } = failures.try_recv().unwrap().outcome
    else {
        panic!("a failed exchange")
    };
    assert_eq!(error_code, "runtime-error");
    assert_eq!(cause, "the response body exceeds the limit of 200 bytes");
}

#[test]
fn an_exceeded_wall_time_has_a_backtrace_of_the_guest() {
    let guest = limited(
        |limits| limits.wall_time = Duration::from_millis(200),
        "self",
    );
    let error = guests::get(&guest, "/loop").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WallTimeReached, "{error}");
    assert!(
        error
            .backtrace()
            .unwrap_or_default()
            .contains("loop_forever"),
        "{error:?}"
    );
}

#[test]
fn an_instance_over_the_limit_is_refused_and_the_error_names_the_limit() {
    let upstream = Upstream::always(ScriptedResponse::Silence);
    let limits = Limits {
        instances: 1,
        response_timeout: Duration::from_secs(2),
        ..Limits::default()
    };
    let harness = Harness::builder().limits(limits).build().unwrap();
    let component = harness.load_file(probe_path("wire_probe")).unwrap();
    let guest = component
        .guest("wire-probe")
        .allow_list(allow(&[&upstream.authority()]));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| send(&guest, ProbeRequest::get(upstream.url("/"))));
        upstream.next();
        let error = guests::get(&guest, "/status?204").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
        assert!(
            error.to_string().contains("all 1 instances are in use"),
            "{error}"
        );
        assert_eq!(first.join().unwrap().error(), "runtime-error");
    });
    assert_eq!(
        guests::get(&guest, "/status?204").unwrap().status(),
        204,
        "the harness keeps working"
    );
}

#[test]
fn a_response_of_the_guest_over_its_limit_is_a_reached_limit_and_not_a_trap() {
    let guest = limited(
        |limits| {
            limits.request_body_bytes = 1 << 10;
            limits.response_body_bytes = 1 << 10;
        },
        "self",
    );
    let rows = [
        (
            "/body?2048",
            "sent a response body of more than the limit of 1024 bytes",
        ),
        (
            "/body?3145728",
            "passed more than 1312768 bytes to the host in one call",
        ),
    ];
    check_rows(rows, |&(path, message)| {
        let error = guests::get(&guest, path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    });
}

#[test]
fn a_request_of_the_embedder_is_held_to_what_a_server_demands_of_its_clients() {
    let guest = limited(|limits| limits.header_fields = 2, "self");
    let rows = [
        (Request::post("/echo"), "four", None),
        (
            Request::get("/echo").header("x-a", "1").header("x-a", "2"),
            "",
            None,
        ),
        (
            Request::get("/echo")
                .header("x-a", "1")
                .header("x-a", "2")
                .header("x-a", "3"),
            "",
            Some((
                ErrorKind::LimitReached,
                "the header section of the request exceeds the limit of 262144 bytes or 2 fields",
            )),
        ),
        (
            Request::post("/echo").header("content-length", "4"),
            "four",
            None,
        ),
        (
            Request::post("/echo").header("content-length", "3"),
            "four",
            Some((
                ErrorKind::InvalidRequest,
                "invalid request: `content-length: 3` and a body of 4 bytes",
            )),
        ),
        (Request::get("https://shop.test/echo"), "", None),
        (
            Request::get("ftp://shop.test/echo"),
            "",
            Some((
                ErrorKind::InvalidRequest,
                "invalid request: the scheme of the URL is `ftp`, want http or https",
            )),
        ),
        (
            Request::get("/echo").header("host", "a b"),
            "",
            Some((
                ErrorKind::InvalidRequest,
                "invalid request: the header `host` is invalid or repeated",
            )),
        ),
        (
            Request::get("/echo")
                .header("host", "a.test")
                .header("host", "b.test"),
            "",
            Some((
                ErrorKind::InvalidRequest,
                "invalid request: the header `host` is invalid or repeated",
            )),
        ),
    ];
    let rows = rows.map(|(request, body, want)| (request.body(Bytes::from(body)).unwrap(), want));
    check_rows(rows, |(request, want)| {
        let got = handle(&guest, request.clone());
        let got = got.err().map(|error| (error.kind(), error.to_string()));
        let want = want.map(|(kind, message)| (kind, message.to_owned()));
        assert_eq!(got, want);
    });
}

#[test]
fn the_limits_of_a_response_apply_to_self_calls() {
    let limits = Limits {
        response_body_bytes: 400,
        header_fields: 3,
        ..Limits::default()
    };
    let guest = wire_probe_in(builder(limits), &["self"]);
    assert_eq!(
        send(&guest, ProbeRequest::new("POST", "/echo").body("small")).status(),
        200
    );
    assert_eq!(
        send(
            &guest,
            ProbeRequest::new("POST", "/echo").body("x".repeat(500))
        )
        .error(),
        "runtime-error"
    );
    let asks = [("x-a", "1"), ("x-b", "1"), ("x-c", "1")];
    assert_eq!(
        send(&guest, ProbeRequest::get("/echo").headers(&asks)).error(),
        "runtime-error",
        "host is the fourth field"
    );
}

#[test]
fn the_limit_on_outbound_calls_includes_those_of_self_calls() {
    let limits = Limits {
        outbound_calls: Some(3),
        ..Limits::default()
    };
    let response = guests::get(&wire_probe_in(builder(limits), &["self"]), "/call-self").unwrap();
    assert_eq!(String::from_utf8_lossy(response.body()), "3");
}

#[test]
fn an_exchange_that_exceeds_the_wall_time_is_recorded() {
    let mocks = upstream(stalled());
    let (sender, exchanges) = std::sync::mpsc::channel();
    let limits = Limits {
        wall_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let builder = builder(limits).observe(move |exchange| sender.send(exchange.clone()).unwrap());
    let guest = mocked(wire_probe_in(builder, &["a.test"]), &mocks);
    let asks = r#"[{"method":"GET","uri":"http://a.test/"}]"#;
    let error = handle(&guest, Request::post("/").body(Bytes::from(asks)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WallTimeReached, "{error}");
    let exchange = exchanges.try_recv().unwrap();
    assert_eq!(exchange.url, "http://a.test/");
    assert!(
        matches!(exchange.outcome, Outcome::Abandoned),
        "{exchange:?}"
    );
}

#[test]
fn unlimited_times_do_not_overflow() {
    let unlimited = Limits {
        wall_time: Duration::MAX,
        connect_timeout: Duration::MAX,
        response_timeout: Duration::MAX,
        ..Limits::default()
    };
    let upstream = Upstream::start([ScriptedResponse::ok("")]);
    let guest = wire_probe_in(builder(unlimited), &[&upstream.authority()]);
    assert_eq!(
        send(&guest, ProbeRequest::get(upstream.url("/"))).status(),
        200
    );
}

#[test]
fn a_limit_out_of_its_range_is_an_invalid_option() {
    type Set = fn(&mut Limits, usize);
    let memory: Set = |limits, value| limits.memory_bytes = value;
    let header_section: Set = |limits, value| limits.header_section_bytes = value;
    let header_fields: Set = |limits, value| limits.header_fields = value;
    let connections: Set = |limits, value| limits.connections_per_upstream = value;
    let instances: Set = |limits, value| limits.instances = u32::try_from(value).unwrap();
    let rows = [
        (memory, 0),
        (memory, usize::MAX),
        (header_section, 0),
        (header_fields, 0),
        (header_fields, usize::MAX),
        (connections, 0),
        (connections, usize::MAX),
        (instances, 0),
        (instances, usize::try_from(u32::MAX).unwrap()),
    ];
    let rows = rows.map(|(set, value)| {
        let mut limits = Limits::default();
        set(&mut limits, value);
        limits
    });
    check_rows(rows, |limits| {
        let error = Harness::builder().limits(limits.clone()).build();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
        assert!(error.to_string().contains("is out of range ("), "{error}");
    });
}
