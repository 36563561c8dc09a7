//! Each fault: what the call of a guest fails with.

use std::time::Duration;

use harness_outbound::mocks::{Fault, MockResponse, any, bytes, pieces, stalled, status, text};
use harness_outbound::{CallLimits, HeaderLimits, OutboundError, Phase, TlsError, TransportError};

use super::{call, guest, guest_within, mocks, none_is_wrong};

const URL: &str = "https://api.test/a";

fn limits() -> CallLimits {
    CallLimits {
        response_timeout: Duration::from_millis(150),
        headers: HeaderLimits {
            bytes: 10_000,
            fields: 100,
        },
        ..CallLimits::default()
    }
}

#[test]
fn a_mock_fails_an_exchange_with_each_failure_of_the_network() {
    let rows = [
        ("dns", TransportError::Dns),
        ("blocked-address", TransportError::BlockedAddress),
        ("refused", TransportError::Refused),
        ("unreachable", TransportError::Unreachable),
        ("too-many-connections", TransportError::TooManyConnections),
        (
            "tls-certificate",
            TransportError::Tls(TlsError::Certificate),
        ),
        ("tls-protocol", TransportError::Tls(TlsError::Protocol)),
        ("tls-alert-40", TransportError::Tls(TlsError::alert(40))),
        ("reset", TransportError::Reset),
        ("incomplete", TransportError::Incomplete),
        ("malformed", TransportError::Malformed),
        ("timeout-connect", TransportError::Timeout(Phase::Connect)),
        (
            "timeout-response-headers",
            TransportError::Timeout(Phase::ResponseHeaders),
        ),
        (
            "timeout-between-bytes",
            TransportError::Timeout(Phase::BetweenBytes),
        ),
        (
            "timeout-whole-response",
            TransportError::Timeout(Phase::WholeResponse),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, want) in rows {
        let named = Fault::try_from(name.to_owned()).map(|fault| fault.0);
        if named.as_ref() != Ok(&want) {
            wrong.push(format!("the name {name}: got {named:?}, want {want:?}"));
        }
        let mocks = mocks().expect(any(), want.clone());
        match guest(&mocks).send(call("GET", URL)) {
            Err(OutboundError::Transport(failure)) if failure.error == want => {}
            got => wrong.push(format!("{name}: got {got:?}, want {want:?}")),
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn a_fault_of_a_response_fails_the_call_like_the_network_does() {
    let whole = "timed out after 150ms waiting for the whole response";
    let rows: Vec<(&str, MockResponse, &str)> = vec![
        (
            "cut",
            text("abcdef").cut_after(3),
            "the response is incomplete",
        ),
        (
            "cut before the body",
            text("abcdef").cut_after(0),
            "the response is incomplete",
        ),
        (
            "cut after the end",
            text("abc").cut_after(9),
            "the response is incomplete",
        ),
        (
            "reset within the body",
            text("abcdef").fails_after(3, TransportError::Reset),
            "the connection was reset",
        ),
        ("stalled head", stalled(), whole),
        ("stalled body", text("abcdef").stall_after(3), whole),
        ("too late", text("a").delay(Duration::from_secs(60)), whole),
        (
            "too slow",
            bytes(vec![b'a'; 1000]).bytes_per_second(100),
            whole,
        ),
        (
            "huge headers",
            text("a").huge_headers(10_001),
            "the header section of the response exceeds the limit of 10000 bytes or 100 fields",
        ),
        (
            "shorter than announced",
            text("abc").header("content-length", "100"),
            "the response has `content-length: 100` and a body of 3 bytes; leave the field out",
        ),
        (
            "longer than announced",
            text("abc").header("content-length", "2"),
            "the response has `content-length: 2` and a body of 3 bytes; leave the field out",
        ),
        (
            "an invalid length",
            pieces([(Duration::ZERO, "a"), (Duration::ZERO, "bc")]).header("content-length", "x"),
            "the response has `content-length: x` and a body of 3 bytes; leave the field out",
        ),
        (
            "the length of the body",
            text("abc").header("content-length", "3"),
            "abc",
        ),
        (
            "cut before its announced end",
            text("abc").header("content-length", "100").cut_after(2),
            "the response is incomplete",
        ),
        (
            "the length that a body would have",
            status(304).header("content-length", "100"),
            "",
        ),
        (
            "informational",
            status(103),
            "invalid response status 103; a response has 200 to 999",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, response, want) in rows {
        let mocks = mocks().expect(any(), response);
        let got = guest_within(&mocks, limits()).text(call("GET", URL));
        if got != want {
            wrong.push(format!("{name}\n  got  {got}\n  want {want}"));
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn huge_headers_have_the_size_that_was_asked_for() {
    let mocks = mocks().expect(any(), bytes("").huge_headers(9_999));
    let got = guest_within(&mocks, limits())
        .send(call("GET", URL))
        .unwrap();
    let size: usize = got
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    assert_eq!(size, 9_999);
}

#[test]
fn random_faults_are_the_same_for_the_same_seed() {
    let faults = [TransportError::Refused, TransportError::Reset];
    let run = |seed| {
        let response = text("ok").fails_sometimes(0.5, faults.clone());
        let mocks = mocks().seed(seed).expect(any(), response);
        let guest = guest(&mocks);
        (0..40)
            .map(|_| guest.text(call("GET", URL)))
            .collect::<Vec<_>>()
    };
    let got = run(7);
    assert_eq!(got, run(7));
    assert_ne!(got, run(8));
    for want in ["ok", "connection refused", "the connection was reset"] {
        assert!(got.iter().any(|text| text == want), "{want}: {got:?}");
    }
}
