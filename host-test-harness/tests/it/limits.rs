//! A limit that is hit is an error for the guest, and the harness goes on.

use std::time::Duration;

use host_test_harness::{ErrorKind, Guest, Harness, Limits, Outcome};

use crate::guests::{Ask, allow, builder, get, probe_path, send, send_all, wire_probe_in};
use crate::upstream::{Answer, Upstream};

fn limited(change: impl FnOnce(&mut Limits), upstream: &Upstream) -> Guest {
    let mut limits = Limits::default();
    change(&mut limits);
    wire_probe_in(builder(limits), &[&upstream.authority()])
}

#[test]
fn a_body_over_its_limit_is_a_runtime_error_and_one_at_the_limit_passes() {
    let upstream = Upstream::start([
        Answer::ok(""),
        Answer::ok("1234"),
        Answer::ok("12345"),
        Answer::raw("HTTP/1.1 200 OK\r\n\r\n12345"),
        Answer::ok("1234"),
    ]);
    let guest = limited(
        |limits| {
            limits.request_body_bytes = 4;
            limits.response_body_bytes = 4;
        },
        &upstream,
    );
    let get = || Ask::get(upstream.url("/"));
    assert_eq!(
        send(&guest, Ask::new("POST", upstream.url("/")).body("1234")).status(),
        200
    );
    assert_eq!(
        send(&guest, Ask::new("POST", upstream.url("/")).body("12345")).error(),
        "runtime-error"
    );
    assert_eq!(send(&guest, get()).body(), b"1234");
    assert_eq!(
        send(&guest, get()).error(),
        "runtime-error",
        "with a content-length"
    );
    assert_eq!(send(&guest, get()).error(), "runtime-error", "without one");
    assert_eq!(send(&guest, get()).body(), b"1234", "the harness goes on");
}

#[test]
fn a_header_section_over_its_limit_is_a_runtime_error_both_ways() {
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
        Answer::raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{lines}\r\n"
        ))
    };
    let many = fields(999);
    let long = [("x-a".to_owned(), "a".repeat(300 << 10))];
    let upstream = Upstream::start([
        answer(&many),
        answer(&fields(1_001)),
        answer(&long),
        Answer::ok(""),
    ]);
    let guest = limited(|_| {}, &upstream);
    let get = || Ask::get(upstream.url("/"));
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
    assert_eq!(send(&guest, get()).status(), 200, "the harness goes on");
}

#[test]
fn a_silent_upstream_is_a_runtime_error_when_the_time_is_over() {
    for (answer, what) in [
        (Answer::Silence, "no response"),
        (
            Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec()),
            "a body that stops",
        ),
    ] {
        let upstream = Upstream::start([answer, Answer::ok("")]);
        let guest = limited(
            |limits| limits.response_timeout = Duration::from_millis(200),
            &upstream,
        );
        assert_eq!(
            send(&guest, Ask::get(upstream.url("/"))).error(),
            "runtime-error",
            "{what}"
        );
        assert_eq!(
            send(&guest, Ask::get(upstream.url("/"))).status(),
            200,
            "the harness goes on after {what}"
        );
    }
}

#[test]
fn the_cap_on_outbound_calls_is_too_many_requests_and_counts_anew_for_each_invocation() {
    let upstream = Upstream::always(Answer::ok(""));
    let guest = limited(|limits| limits.outbound_calls = Some(2), &upstream);
    for _ in 0..2 {
        let asks = vec![Ask::get(upstream.url("/")); 3];
        let got = send_all(&guest, &asks);
        assert_eq!(
            (got[0].status(), got[1].status(), got[2].error()),
            (200, 200, "too-many-requests")
        );
    }
}

#[test]
fn the_cap_on_connections_is_too_many_requests_after_the_time_for_a_connection() {
    let upstream = Upstream::always(Answer::Silence);
    let guest = limited(
        |limits| {
            limits.connections_per_upstream = 1;
            limits.connect_timeout = Duration::from_millis(200);
            limits.response_timeout = Duration::from_secs(2);
        },
        &upstream,
    );
    std::thread::scope(|scope| {
        let first = scope.spawn(|| send(&guest, Ask::get(upstream.url("/"))));
        upstream.next();
        assert_eq!(
            send(&guest, Ask::get(upstream.url("/"))).error(),
            "too-many-requests"
        );
        assert_eq!(first.join().unwrap().error(), "runtime-error");
    });
}

#[test]
fn a_failed_exchange_is_recorded_with_the_limit_that_it_hit() {
    let upstream = Upstream::always(Answer::ok("12345"));
    let (sender, failures) = std::sync::mpsc::channel();
    let limits = Limits {
        response_body_bytes: 4,
        ..Limits::default()
    };
    let builder = builder(limits).observe(move |exchange| sender.send(exchange.clone()).unwrap());
    let guest = wire_probe_in(builder, &[&upstream.authority()]);
    assert_eq!(
        send(&guest, Ask::get(upstream.url("/"))).error(),
        "runtime-error"
    );
    let Outcome::Failed { error_code, cause } = failures.try_recv().unwrap().outcome else {
        panic!("a failed exchange")
    };
    assert_eq!(error_code, "runtime-error");
    assert_eq!(
        cause,
        "the limit of 4 bytes in the response's body is reached"
    );
}

#[test]
fn wall_time_ends_a_guest_that_computes_and_one_that_waits() {
    let upstream = Upstream::always(Answer::Silence);
    let guest = limited(
        |limits| limits.wall_time = Duration::from_millis(200),
        &upstream,
    );
    for path in ["/loop", "/sleep"] {
        let error = get(&guest, path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached, "{path}: {error}");
        assert!(
            error.to_string().contains("limit of 200ms on wall time"),
            "{path}: {error}"
        );
    }
    let backtrace = get(&guest, "/loop").unwrap_err();
    assert!(
        backtrace
            .backtrace()
            .unwrap_or_default()
            .contains("loop_forever"),
        "{backtrace:?}"
    );
    assert_eq!(
        get(&guest, "/status?204").unwrap().status(),
        204,
        "the harness goes on"
    );
}

#[test]
fn memory_ends_a_guest_that_eats_it() {
    let upstream = Upstream::always(Answer::Silence);
    let guest = limited(|limits| limits.memory_bytes = 32 << 20, &upstream);
    let error = get(&guest, "/memory").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
    assert!(
        error
            .to_string()
            .contains("limit of 33554432 bytes of memory"),
        "{error}"
    );
    assert_eq!(
        get(&guest, "/status?204").unwrap().status(),
        204,
        "the harness goes on"
    );
}

#[test]
fn instances_beyond_the_limit_are_refused_and_named() {
    let upstream = Upstream::always(Answer::Silence);
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
        let first = scope.spawn(|| send(&guest, Ask::get(upstream.url("/"))));
        upstream.next();
        let error = get(&guest, "/status?204").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
        assert!(
            error.to_string().contains("limit of 1 instances"),
            "{error}"
        );
        assert_eq!(first.join().unwrap().error(), "runtime-error");
    });
    assert_eq!(
        get(&guest, "/status?204").unwrap().status(),
        204,
        "the harness goes on"
    );
}
