//! The text of a report on a failed trial.

use bytes::Bytes;
use probe_protocol::Outcome;

use super::upstream::ReceivedRequest;

/// The first bytes of a body that a report shows.
const MAX_BODY_BYTES: usize = 200;

/// The first characters of the probe's request that a report shows.
const MAX_PROBE_REQUEST_CHARACTERS: usize = 1_000;

/// Lists every difference, then the requests and outcomes that they come from.
pub(super) fn report(
    differences: &[String],
    probe_request: &Bytes,
    received: &[ReceivedRequest],
    outcomes: &[Outcome],
) -> String {
    let mut report = String::new();
    for difference in differences {
        report += &format!("  {difference}\n");
    }
    let probe_request: String = String::from_utf8_lossy(probe_request)
        .chars()
        .take(MAX_PROBE_REQUEST_CHARACTERS)
        .collect();
    report += &format!("  the probe received: {probe_request}\n");
    for request in received {
        report += &format!("  an upstream received: {}\n", describe_request(request));
    }
    for outcome in outcomes {
        report += &format!("  the guest got: {}\n", describe_outcome(outcome));
    }
    report
}

/// A request that an upstream received.
pub(super) fn describe_request(request: &ReceivedRequest) -> String {
    describe_message(&request.line, &request.headers, &request.body)
}

/// An outcome that a guest got.
pub(super) fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response {
            status,
            headers,
            body,
            trailers,
        } => {
            let body = body.as_ref().map(|body| &*body.0).unwrap_or_default();
            let message = describe_message(&format!("a response {status}"), headers, body);
            message + &describe_fields(trailers)
        }
        Outcome::Error {
            kind,
            message,
            cause,
            ..
        } => match cause {
            Some(cause) => format!("the error {kind} ({cause}): {message}"),
            None => format!("the error {kind}: {message}"),
        },
    }
}

/// The first bytes, in quotes and with escapes.
pub(super) fn describe_bytes(bytes: &[u8]) -> String {
    let start = bytes.get(..MAX_BODY_BYTES).unwrap_or(bytes);
    let more = if start.len() < bytes.len() { "…" } else { "" };
    format!("\"{}\"{more}", start.escape_ascii())
}

fn describe_message(first_line: &str, headers: &[(String, String)], body: &[u8]) -> String {
    let headers = describe_fields(headers);
    format!(
        "{first_line}{headers}\n    {} bytes: {}",
        body.len(),
        describe_bytes(body)
    )
}

fn describe_fields(fields: &[(String, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("\n    {name}: {}", describe_bytes(value.as_bytes())))
        .collect()
}
