//! Upstreams that refuse connections, stall, close early and send invalid HTTP.

mod script;

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spin_harness::{Exchange, Guest, Harness, Limits, Outcome};
use tokio::net::TcpSocket;

use super::{Import, KINDS, Kind, guests, serve_neighbours};
use script::{Scheme, Script, Scripted, Step, then};
use test_support::guests::{ProbeOutcome, ProbeRequest, block_on, builder, start};
use test_support::upstream::{ScriptedResponse, Upstream};

/// One fault, and how each import reports it.
struct Fault {
    what: &'static str,
    script: Script,
    want: Want,
}

enum Want {
    /// An error: its name in `fermyon:spin/http` and in `wasi:http`, and a part of the cause in the record.
    Error(&'static str, &'static str, &'static str),
    /// A response in spite of the fault: its status and body.
    Response(u16, &'static str),
}
use Want::{Error, Response};

const RUNTIME: &str = "runtime-error";
const TERMINATED: &str = "connection-terminated";
const INCOMPLETE: &str = "HTTP-response-incomplete";
const PROTOCOL: &str = "HTTP-protocol-error";
const HEADERS: &str = "HTTP-response-header-section-size";
const BODY: &str = "HTTP-response-body-size";
const TIMEOUT: &str = "HTTP-response-timeout";
const READ_TIMEOUT: &str = "connection-read-timeout";

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const TEN_BYTES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";

const LIMITS_OF_A_HEAD: &str = "exceeds the limit of 8192 bytes or 20 fields";
const LIMIT_OF_A_BODY: &str = "the response body exceeds the limit of 1000 bytes";

fn limits() -> Limits {
    Limits {
        response_body_bytes: 1000,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        connect_timeout: Duration::from_secs(20),
        response_timeout: Duration::from_secs(20),
        instances: 400,
        ..Limits::default()
    }
}

/// Runs all rows at once with each kind of guest, and serves other requests while every fault is under way. Then each
/// call must have its expected outcome, and its connection must be closed.
#[track_caller]
fn check(limits: Limits, faults: &[Fault]) {
    let (harness, exchanges) = observed(limits);
    let guests = guests(&harness);
    let under_way: Vec<_> = faults
        .iter()
        .flat_map(|fault| {
            guests
                .iter()
                .map(move |(kind, guest)| (fault, *kind, guest))
        })
        .map(|(fault, kind, guest)| {
            let upstream = Scripted::start(&fault.script);
            let body_bytes = fault.script.request_body_bytes;
            let ask = match body_bytes {
                0 => ProbeRequest::get(&upstream.url),
                n_bytes => ProbeRequest::new("POST", &upstream.url).body(vec![b'x'; n_bytes]),
            };
            let got = start(guest, ask);
            (fault, kind, upstream, got)
        })
        .collect();
    for (_, _, upstream, _) in &under_way {
        upstream.wait_for_request();
    }
    block_on(serve_neighbours(&guests));
    let n_early = under_way.iter().filter(|(.., got)| got.is_finished());
    // A refused connection fails at once.
    let refused = faults.iter().filter(|fault| fault.script.steps.is_none());
    assert!(
        n_early.count() <= refused.count() * KINDS.len(),
        "a call ended before the other requests were served"
    );
    for (_, _, upstream, _) in &under_way {
        upstream.go_on();
    }
    let mut problems = Vec::new();
    for (fault, kind, upstream, got) in under_way {
        let got = block_on(got).expect("nothing panics");
        let record = exchanges.lock().unwrap().remove(&upstream.url);
        let ended = upstream.ended();
        if let Some(problem) = problem(&fault.want, kind, &got, record, ended) {
            problems.push(format!("{} ({}): {problem}", fault.what, kind.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    block_on(serve_neighbours(&guests));
}

/// How a call differs from its expected outcome, or `None`.
fn problem(
    want: &Want,
    kind: Kind,
    got: &ProbeOutcome,
    record: Option<Outcome>,
    ended: Result<(), String>,
) -> Option<String> {
    if let Err(problem) = ended {
        return Some(problem);
    }
    let is_as_wanted = match (want, got, &record) {
        (
            Error(spin, wasi, want_cause),
            ProbeOutcome::Error { kind: got_kind, .. },
            Some(Outcome::Failed {
                error_code, cause, ..
            }),
        ) => {
            let want_code = match kind.import {
                Import::Spin => spin,
                Import::Wasi02 | Import::Wasi03 => wasi,
            };
            // The SDK of `wasi:http` spells error codes in its own way, and has none for a body.
            let is_named = kind.import != Import::Spin || got_kind == want_code;
            is_named && error_code == want_code && cause.contains(want_cause)
        }
        (
            Response(status, body),
            ProbeOutcome::Response {
                status: got_status, ..
            },
            Some(Outcome::Response { .. }),
        ) => status == got_status && got.body() == body.as_bytes(),
        _ => false,
    };
    (!is_as_wanted).then(|| format!("got {got:?}, on record {record:?}"))
}

/// A harness, and how the exchange with each URL ended.
fn observed(limits: Limits) -> (Harness, Arc<Mutex<HashMap<String, Outcome>>>) {
    let outcomes = Arc::new(Mutex::new(HashMap::new()));
    let sink = Arc::clone(&outcomes);
    let record = move |exchange: &Exchange| {
        let outcome = exchange.outcome.clone();
        sink.lock().unwrap().insert(exchange.url.clone(), outcome);
    };
    let harness = Harness::builder().limits(limits).observe(record).build();
    (harness.expect("the harness starts"), outcomes)
}

/// A fault of an upstream without TLS.
fn fault(what: &'static str, steps: Vec<Step>, want: Want) -> Fault {
    let script = Script::new(steps);
    Fault { what, script, want }
}

fn cut(
    what: &'static str,
    response: impl Into<String>,
    code: &'static str,
    cause: &'static str,
) -> Fault {
    let steps = then(response, Step::Close);
    fault(what, steps, Error(RUNTIME, code, cause))
}

fn reset(what: &'static str, response: impl Into<String>) -> Fault {
    let steps = then(response, Step::Reset);
    fault(what, steps, Error(RUNTIME, TERMINATED, "reset"))
}

fn endless(
    what: &'static str,
    start: &str,
    more: &str,
    code: &'static str,
    cause: &'static str,
) -> Fault {
    let steps = then(start, Step::Flood(more.into()));
    fault(what, steps, Error(RUNTIME, code, cause))
}

#[test]
fn an_upstream_that_breaks_off_is_an_error_of_its_kind() {
    const CLOSED: &str = "closed before message completed";
    const EOF: &str = "end of file before message length reached";
    const EOF_IN_CHUNK: &str = "unexpected EOF";
    let nobody = Fault {
        what: "nobody listens",
        script: Script::nobody(),
        want: Error(RUNTIME, "connection-refused", "refused"),
    };
    check(
        limits(),
        &[
            nobody,
            cut("an end before the first byte", "", INCOMPLETE, CLOSED),
            cut(
                "an end within the first line",
                "HTTP/1.1 2",
                INCOMPLETE,
                CLOSED,
            ),
            cut(
                "an end within a field",
                "HTTP/1.1 200 OK\r\nx-a: 1",
                INCOMPLETE,
                CLOSED,
            ),
            cut(
                "an end after a field",
                "HTTP/1.1 200 OK\r\nx-a: 1\r\n",
                INCOMPLETE,
                CLOSED,
            ),
            cut(
                "an end after a 1xx",
                "HTTP/1.1 100 Continue\r\n\r\n",
                INCOMPLETE,
                CLOSED,
            ),
            cut("an end before the body", TEN_BYTES, INCOMPLETE, EOF),
            cut(
                "an end within the body",
                format!("{TEN_BYTES}short"),
                INCOMPLETE,
                EOF,
            ),
            cut(
                "an end before the first chunk",
                CHUNKED,
                INCOMPLETE,
                EOF_IN_CHUNK,
            ),
            cut(
                "an end within the size of a chunk",
                format!("{CHUNKED}5"),
                INCOMPLETE,
                EOF_IN_CHUNK,
            ),
            cut(
                "an end within a chunk",
                format!("{CHUNKED}5\r\nab"),
                INCOMPLETE,
                EOF,
            ),
            cut(
                "an end before the last chunk",
                format!("{CHUNKED}2\r\nab\r\n"),
                INCOMPLETE,
                EOF_IN_CHUNK,
            ),
            cut(
                "an end within the trailers",
                format!("{CHUNKED}0\r\nx-a: 1"),
                INCOMPLETE,
                EOF_IN_CHUNK,
            ),
            reset("a reset before the first byte", ""),
            reset("a reset within the head", "HTTP/1.1 200 OK\r\nx-a"),
            reset("a reset before the body", TEN_BYTES),
            reset("a reset within the body", format!("{TEN_BYTES}short")),
            reset("a reset within a chunk", format!("{CHUNKED}5\r\nab")),
        ],
    );
}

#[test]
fn an_upstream_that_talks_nonsense_is_an_error_of_its_kind() {
    const VERSION: &str = "invalid HTTP version";
    const STATUS: &str = "invalid HTTP status-code";
    const HEADER: &str = "invalid HTTP header";
    const LENGTH: &str = "content-length";
    const CHUNK: &str = "Invalid chunk";
    let nonsense = |what, head: &str, cause| cut(what, format!("{head}\r\n\r\n"), PROTOCOL, cause);
    let length = |what, value: &str| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {value}\r\n\r\nabc");
        cut(what, head, PROTOCOL, LENGTH)
    };
    let chunk = |what, body: &str, cause| cut(what, format!("{CHUNKED}{body}"), PROTOCOL, cause);
    check(
        limits(),
        &[
            nonsense("another protocol", "SSH-2.0-OpenSSH", VERSION),
            nonsense("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0", VERSION),
            nonsense("an invalid version", "HTTP/3.7 200 OK", VERSION),
            nonsense("status 000", "HTTP/1.1 000 X", STATUS),
            nonsense("status 099", "HTTP/1.1 099 X", STATUS),
            nonsense("status 99", "HTTP/1.1 99 X", STATUS),
            nonsense("status 1000", "HTTP/1.1 1000 X", STATUS),
            nonsense("a status that is not a number", "HTTP/1.1 2x0 X", STATUS),
            nonsense("a negative status", "HTTP/1.1 -20 X", STATUS),
            nonsense(
                "an upgrade that nobody asked for",
                "HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade",
                "101",
            ),
            nonsense("a field without a colon", "HTTP/1.1 200 OK\r\nx-a", HEADER),
            nonsense("a field without a name", "HTTP/1.1 200 OK\r\n: 1", HEADER),
            nonsense("a NUL in a field", "HTTP/1.1 200 OK\r\nx-a: \0", HEADER),
            length("a negative length", "-3"),
            length("a length that is not a number", "abc"),
            length("a length with a sign", "+3"),
            length("a length beyond 64 bits", "99999999999999999999"),
            length("a list of lengths that differ", "3, 4"),
            length("two lengths that differ", "3\r\ncontent-length: 4"),
            chunk("a size that is not a number", "zz\r\nab\r\n", CHUNK),
            chunk("a negative size", "-2\r\nab\r\n", CHUNK),
            chunk(
                "a size beyond 64 bits",
                "fffffffffffffffff\r\nab\r\n",
                "chunk",
            ),
            chunk(
                "a chunk longer than its size",
                "2\r\nabc\r\n0\r\n\r\n",
                CHUNK,
            ),
            chunk("a trailer without a colon", "0\r\nx a\r\n\r\n", "header"),
            fault(
                "a length that the transfer coding overrides",
                then(
                    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                    Step::Close,
                ),
                Response(200, "abc"),
            ),
            fault(
                "status 600",
                then("HTTP/1.1 600 X\r\ncontent-length: 2\r\n\r\nok", Step::Close),
                Response(600, "ok"),
            ),
            fault(
                "bytes after the body, without end",
                then(
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                    Step::Flood("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil".into()),
                ),
                Response(200, "ok"),
            ),
        ],
    );
}

#[test]
fn an_upstream_that_says_too_much_is_an_error_that_names_the_limit() {
    const OK: &str = "HTTP/1.1 200 OK\r\n";
    // A guest of 0.3 ignores a larger length, before it reads the body.
    const LARGEST: i64 = i64::MAX;
    let fields = |count: usize| {
        format!(
            "{OK}{}content-length: 0\r\n\r\n",
            "x-a: 1\r\n".repeat(count - 1)
        )
    };
    check(
        limits(),
        &[
            fault(
                "fields at the limit",
                then(fields(20), Step::Close),
                Response(200, ""),
            ),
            cut("more fields", fields(21), HEADERS, LIMITS_OF_A_HEAD),
            cut(
                "a field over the limit",
                format!(
                    "{OK}x-a: {}\r\ncontent-length: 0\r\n\r\n",
                    "x".repeat(8 << 10)
                ),
                HEADERS,
                LIMITS_OF_A_HEAD,
            ),
            endless(
                "a first line without end",
                "HTTP/1.1 200 ",
                "OK",
                HEADERS,
                LIMITS_OF_A_HEAD,
            ),
            endless("a name without end", OK, "xx", HEADERS, LIMITS_OF_A_HEAD),
            endless(
                "a value without end",
                "HTTP/1.1 200 OK\r\nx-a: ",
                "xx",
                HEADERS,
                LIMITS_OF_A_HEAD,
            ),
            endless(
                "fields without end",
                OK,
                "x-a: 1\r\n",
                HEADERS,
                LIMITS_OF_A_HEAD,
            ),
            endless(
                "a body without end",
                "HTTP/1.1 200 OK\r\n\r\n",
                "xx",
                BODY,
                LIMIT_OF_A_BODY,
            ),
            endless(
                "chunks without end",
                CHUNKED,
                "2\r\nxx\r\n",
                BODY,
                LIMIT_OF_A_BODY,
            ),
            endless(
                "a chunk's extension without end",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;",
                "x",
                PROTOCOL,
                "extension",
            ),
            endless(
                "trailers without end",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
                "x-a: 1\r\n",
                PROTOCOL,
                "trailer",
            ),
            cut(
                "a length over the limit",
                format!("{OK}content-length: 1001\r\n\r\n{}", "x".repeat(1001)),
                BODY,
                LIMIT_OF_A_BODY,
            ),
            cut(
                "a length over every limit",
                format!("{OK}content-length: {LARGEST}\r\n\r\n"),
                BODY,
                LIMIT_OF_A_BODY,
            ),
        ],
    );
}

/// All rows run at once, in the time of one.
#[test]
fn an_upstream_that_stalls_is_an_error_when_its_time_is_over() {
    // A guest that streams waits for the head of the response, then for each piece of its body.
    const WAITED: &str = "timed out after 6s waiting for";
    const CONNECTION: &str = "no connection within 4s";
    let stall = |what, response: &str| {
        fault(
            what,
            then(response, Step::Hold),
            Error(RUNTIME, TIMEOUT, WAITED),
        )
    };
    let stall_in_body = |what, response: &str| {
        fault(
            what,
            then(response, Step::Hold),
            Error(RUNTIME, READ_TIMEOUT, WAITED),
        )
    };
    let drip = |what, start: &str, more: &str| {
        let steps = then(start, Step::Trickle(more.into()));
        fault(what, steps, Error(RUNTIME, TIMEOUT, WAITED))
    };
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
    let tls = |what, steps| Fault {
        what,
        script: Script::new(steps).over(Scheme::Https),
        want: Error(RUNTIME, "connection-timeout", CONNECTION),
    };
    let limits = Limits {
        connect_timeout: Duration::from_secs(4),
        response_timeout: Duration::from_secs(6),
        ..limits()
    };
    check(
        limits,
        &[
            fault(
                "nothing is read",
                vec![Step::Hold],
                Error(RUNTIME, TIMEOUT, WAITED),
            ),
            Fault {
                what: "a large body is never read",
                script: Script::new(vec![Step::Hold]).after_a_body_of(16 << 20),
                want: Error(RUNTIME, TIMEOUT, WAITED),
            },
            stall("no response", ""),
            stall("a stall within the first line", "HTTP/1.1 2"),
            stall("a stall within a field", "HTTP/1.1 200 OK\r\nx-a: 1"),
            stall(
                "a stall before the end of the head",
                "HTTP/1.1 200 OK\r\nx-a: 1\r\n",
            ),
            stall_in_body("a stall before the body", TEN_BYTES),
            stall_in_body(
                "a stall within the body",
                "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
            ),
            stall_in_body(
                "a stall before the end of the connection",
                "HTTP/1.1 200 OK\r\n\r\nshort",
            ),
            stall_in_body("a stall before the first chunk", CHUNKED),
            stall_in_body(
                "a stall within a chunk",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            ),
            stall_in_body(
                "a stall before the trailers",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            ),
            drip("a first line that drips", "HTTP/1.1 200 ", "x"),
            drip("fields that drip", "HTTP/1.1 200 OK\r\nx-a: ", "x"),
            fault(
                "1xx without end",
                then("", Step::Flood(interim.into())),
                Error(RUNTIME, TIMEOUT, WAITED),
            ),
            tls("nothing for the handshake", vec![Step::Hold]),
            tls(
                "a handshake that stops",
                vec![Step::Send(b"\x16\x03\x03\x00".to_vec()), Step::Hold],
            ),
        ],
    );
}

#[test]
fn a_handshake_that_fails_is_an_error_of_its_kind() {
    let tls = |what, steps, code, cause| Fault {
        what,
        script: Script::new(steps).over(Scheme::Https),
        want: Error(RUNTIME, code, cause),
    };
    check(
        limits(),
        &[
            tls(
                "an end of the handshake",
                vec![Step::Close],
                TERMINATED,
                "handshake",
            ),
            tls(
                "a reset of the handshake",
                vec![Step::Reset],
                TERMINATED,
                "reset",
            ),
            tls(
                "an upstream without TLS",
                vec![
                    Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
                    Step::Close,
                ],
                "TLS-protocol-error",
                "corrupt message",
            ),
            tls(
                "an alert",
                vec![
                    Step::Send(b"\x15\x03\x03\x00\x02\x02\x28".to_vec()),
                    Step::Close,
                ],
                "TLS-alert-received",
                "HandshakeFailure",
            ),
        ],
    );
}

/// The upstream never accepts, and its queue of connections is full.
#[test]
fn an_upstream_that_does_not_accept_is_an_error_when_the_time_for_a_connection_is_over() {
    let listener = block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        socket.listen(1).unwrap()
    });
    let address = listener.local_addr().unwrap();
    let patience = Duration::from_millis(300);
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
        queue.push(stream);
        assert!(queue.len() < 16, "the queue has no end");
    }
    let limits = Limits {
        connect_timeout: patience,
        ..limits()
    };
    let (harness, exchanges) = observed(limits);
    let url = format!("http://{address}/");
    for (kind, guest) in guests(&harness) {
        let got = block_on(start(&guest, ProbeRequest::get(&url))).unwrap();
        let record = exchanges.lock().unwrap().remove(&url);
        let cause = "no connection within 300ms";
        let want = Error(RUNTIME, "connection-timeout", cause);
        let problem = problem(&want, kind, &got, record, Ok(()));
        assert_eq!(problem, None, "{}", kind.name);
    }
}

/// The response has arrived before the request was sent to its end. If nothing waited for the rest, the connection
/// would stay open for ever and count against the limit.
#[test]
fn an_upstream_that_answers_and_never_reads_does_not_keep_its_connection() {
    for kind in KINDS {
        let limits = Limits {
            connections_per_upstream: 1,
            response_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(20),
            ..Limits::default()
        };
        let harness = builder(limits).build().unwrap();
        let (_, guest): (Kind, Guest) = guests(&harness)
            .into_iter()
            .find(|(other, _)| other.name == kind.name)
            .unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let script = Script::new(then(answer, Step::Deaf)).after_a_body_of(16 << 20);
        let upstream = Scripted::start(&script);
        upstream.go_on();
        let post = ProbeRequest::new("POST", &upstream.url).body(vec![b'x'; 16 << 20]);
        // A guest that streams its request gets an error, since nobody reads it. The other one has its response.
        let got = block_on(start(&guest, post)).unwrap();
        assert!(
            kind.import != Import::Spin || got.status() == 200,
            "{got:?}"
        );
        let again = block_on(start(&guest, ProbeRequest::get(&upstream.url))).unwrap();
        // The next connection was opened, so the call ends by the limit on the response.
        let name = again.error();
        assert!(
            name == RUNTIME || name.contains("HttpResponseTimeout"),
            "{again:?}"
        );
    }
}

#[test]
fn a_guest_that_calls_ten_thousand_times_is_answered_or_refused_each_time() {
    let upstream = Upstream::always(ScriptedResponse::ok("ok"));
    for (limit, answered) in [(None, "10000 no error"), (Some(100), "100 ")] {
        let limits = Limits {
            outbound_calls: limit,
            ..Limits::default()
        };
        let harness = builder(limits).build().unwrap();
        for (kind, guest) in guests(&harness) {
            let request =
                http::Request::post("/calls?10000").body(bytes::Bytes::from(upstream.url("/")));
            let response = block_on(guest.handle(request.unwrap())).unwrap();
            let text = String::from_utf8_lossy(response.body()).into_owned();
            assert!(text.starts_with(answered), "{}: {text}", kind.name);
            let refused = match kind.import {
                Import::Spin => "too-many-requests",
                Import::Wasi02 | Import::Wasi03 => "ErrorCode::ConnectionLimitReached",
            };
            assert_eq!(
                text.contains(refused),
                limit.is_some(),
                "{}: {text}",
                kind.name
            );
        }
    }
}
