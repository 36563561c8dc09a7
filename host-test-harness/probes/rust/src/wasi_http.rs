//! What only `wasi:http` has.

use std::time::Duration;

use probe_protocol::{Description, Outcome};
use spin_sdk::outbound_http::{self, Timeouts};

/// Makes all described requests at the same time.
pub(crate) fn send_all(descriptions: &[u8]) -> serde_json::Result<Vec<u8>> {
    let descriptions: Vec<Description> = serde_json::from_slice(descriptions)?;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; descriptions.len()];
    let mut requests = Vec::new();
    for (outcome, description) in outcomes.iter_mut().zip(descriptions) {
        let named = (description.method.clone(), description.uri.clone());
        match crate::request(description) {
            Ok(request) => requests.push((outcome, request)),
            Err(error) => *outcome = Some(crate::refused(&error, named)),
        }
    }
    let (sent, requests): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
    for (outcome, result) in sent.into_iter().zip(outbound_http::send_all(requests)) {
        *outcome = Some(crate::outcome(result));
    }
    serde_json::to_vec(&outcomes)
}

/// The deadline of a call.
pub(crate) fn timeouts(timeout_ms: Option<u64>) -> Option<Timeouts> {
    Some(Timeouts {
        total: Some(Duration::from_millis(timeout_ms?)),
        ..Timeouts::default()
    })
}
