//! A limit that is hit is an error for the guest, and the harness goes on.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use spin_harness::{ErrorKind, Guest, Harness, Limits, Outcome};

use test_support::guests::{
    Ask, allow, builder, get, handle, probe_path, send, send_all, wire_probe_in,
};
use test_support::upstream::{Answer, Upstream};

fn limited(change: impl FnOnce(&mut Limits), upstream: &Upstream) -> Guest {
    let mut limits = Limits::default();
    change(&mut limits);
    wire_probe_in(builder(limits), &[&upstream.authority()])
}

#[test]
fn a_request_body_over_its_limit_is_a_runtime_error_and_one_at_the_limit_passes() {
    let upstream = Upstream::always(Answer::ok(""));
    let guest = limited(|limits| limits.request_body_bytes = 4, &upstream);
    let post = |body: &str| send(&guest, Ask::new("POST", upstream.url("/")).body(body));
    assert_eq!(post("1234").status(), 200);
    assert_eq!(post("12345").error(), "runtime-error");
    assert_eq!(post("1234").status(), 200, "the harness goes on");
}

#[test]
fn a_response_body_over_its_limit_is_a_runtime_error_and_one_at_the_limit_passes() {
    let upstream = Upstream::start([
        Answer::ok("a".repeat(64)),
        Answer::ok("a".repeat(65)),
        Answer::raw(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(65))),
        Answer::ok("a".repeat(64)),
    ]);
    let guest = limited(|limits| limits.response_body_bytes = 64, &upstream);
    for (want, length, what) in [
        (200, 64, "at the limit"),
        (502, 13, "over it, with a content-length"),
        (502, 13, "over it, without one"),
        (200, 64, "the harness goes on"),
    ] {
        let request = Request::post("/relay")
            .body(Bytes::from(upstream.url("/")))
            .unwrap();
        let response = handle(&guest, request).unwrap();
        assert_eq!(
            (response.status().as_u16(), response.body().len()),
            (want, length),
            "{what}"
        );
        if want == 502 {
            assert_eq!(response.body(), "runtime-error", "{what}");
        }
    }
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
        // An upstream that closes after an answer may do so when the next request is on its way.
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{lines}\r\n");
        Answer::Bytes(answer.into())
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
    let upstream = Upstream::always(Answer::ok("a".repeat(201)));
    let (sender, failures) = std::sync::mpsc::channel();
    let limits = Limits {
        response_body_bytes: 200,
        ..Limits::default()
    };
    let builder = builder(limits).observe(move |exchange| sender.send(exchange.clone()).unwrap());
    let guest = wire_probe_in(builder, &[&upstream.authority()]);
    assert_eq!(
        send(&guest, Ask::get(upstream.url("/"))).error(),
        "runtime-error"
    );
    let Outcome::Failed {
        error_code, cause, ..
    } = failures.try_recv().unwrap().outcome
    else {
        panic!("a failed exchange")
    };
    assert_eq!(error_code, "runtime-error");
    assert_eq!(
        cause,
        "the limit of 200 bytes in the response's body is reached"
    );
}

#[test]
fn a_guest_that_computes_too_long_shows_where_it_was() {
    let upstream = Upstream::always(Answer::Silence);
    let guest = limited(
        |limits| limits.wall_time = Duration::from_millis(200),
        &upstream,
    );
    let error = get(&guest, "/loop").unwrap_err();
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

#[test]
fn a_guest_whose_own_response_exceeds_its_limit_is_told_apart_from_a_trap() {
    let upstream = Upstream::always(Answer::Silence);
    let guest = limited(
        |limits| {
            limits.request_body_bytes = 1 << 10;
            limits.response_body_bytes = 1 << 10;
        },
        &upstream,
    );
    for (n_bytes, message) in [
        (
            2 << 10,
            "more than the limit of 1024 bytes in a response's body",
        ),
        (3 << 20, "handed over more than 1312768 bytes at once"),
    ] {
        let request = Request::post("/echo")
            .body(Bytes::from(vec![b'x'; n_bytes]))
            .unwrap();
        let error = handle(&guest, request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_self_call_is_held_to_the_limits_of_a_response() {
    let upstream = Upstream::always(Answer::Silence);
    let limits = Limits {
        response_body_bytes: 400,
        header_fields: 3,
        ..Limits::default()
    };
    let guest = wire_probe_in(builder(limits), &["self"]);
    assert_eq!(
        send(&guest, Ask::new("POST", "/echo").body("small")).status(),
        200
    );
    assert_eq!(
        send(&guest, Ask::new("POST", "/echo").body("x".repeat(500))).error(),
        "runtime-error"
    );
    let asks = [("x-a", "1"), ("x-b", "1"), ("x-c", "1")];
    assert_eq!(
        send(&guest, Ask::get("/echo").headers(&asks)).error(),
        "runtime-error",
        "host is the fourth"
    );
    drop(upstream);
}

#[test]
fn the_cap_on_outbound_calls_counts_those_of_self_calls() {
    let limits = Limits {
        outbound_calls: Some(3),
        ..Limits::default()
    };
    let response = get(&wire_probe_in(builder(limits), &["self"]), "/call-self").unwrap();
    assert_eq!(String::from_utf8_lossy(response.body()), "3");
}

#[test]
fn an_exchange_that_the_wall_time_cuts_off_is_on_record() {
    let upstream = Upstream::always(Answer::Silence);
    let (sender, exchanges) = std::sync::mpsc::channel();
    let limits = Limits {
        wall_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let builder = builder(limits).observe(move |exchange| sender.send(exchange.clone()).unwrap());
    let guest = wire_probe_in(builder, &[&upstream.authority()]);
    let asks = format!(r#"[{{"method":"GET","uri":"{}"}}]"#, upstream.url("/sent"));
    let error = handle(&guest, Request::post("/").body(Bytes::from(asks)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WallTimeReached, "{error}");
    let exchange = exchanges.try_recv().unwrap();
    assert_eq!(exchange.url, upstream.url("/sent"));
    assert!(
        matches!(exchange.outcome, Outcome::Abandoned),
        "{exchange:?}"
    );
}

#[test]
fn times_without_end_are_no_overflow_and_impossible_counts_are_invalid_options() {
    let endless = Limits {
        wall_time: Duration::MAX,
        connect_timeout: Duration::MAX,
        response_timeout: Duration::MAX,
        ..Limits::default()
    };
    let upstream = Upstream::start([Answer::ok("")]);
    let guest = wire_probe_in(builder(endless), &[&upstream.authority()]);
    assert_eq!(send(&guest, Ask::get(upstream.url("/"))).status(), 200);

    let default = Limits::default;
    for limits in [
        Limits {
            memory_bytes: 0,
            ..default()
        },
        Limits {
            memory_bytes: usize::MAX,
            ..default()
        },
        Limits {
            header_section_bytes: 0,
            ..default()
        },
        Limits {
            header_fields: 0,
            ..default()
        },
        Limits {
            header_fields: usize::MAX,
            ..default()
        },
        Limits {
            connections_per_upstream: 0,
            ..default()
        },
        Limits {
            connections_per_upstream: usize::MAX,
            ..default()
        },
        Limits {
            instances: 0,
            ..default()
        },
        Limits {
            instances: u32::MAX,
            ..default()
        },
    ] {
        let error = Harness::builder().limits(limits).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
        assert!(error.to_string().starts_with("a limit of "), "{error}");
    }
}
