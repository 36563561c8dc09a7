//! What can happen to a call.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::call::{Call, Seen};
use crate::limits::HeaderLimits;
use crate::mocks::{MockResponse, bytes, stalled, status, text, too_many_requests};
use crate::transport::error_name::NAMES;

/// What a client that is told to slow down should wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What can happen to a call, once.
#[derive(Debug, Clone)]
pub struct SweepFault {
    /// Its name: that of a [`Fault`](crate::mocks::Fault) in a mock file, or `stalled`, `status-429`, `status-500`,
    /// `huge-headers`, `cut-body`, `stalled-body`, `empty-body`.
    pub name: Cow<'static, str>,
    pub(super) response: MockResponse,
}

impl SweepFault {
    fn new(name: &'static str, response: impl Into<MockResponse>) -> Self {
        Self {
            name: Cow::Borrowed(name),
            response: response.into(),
        }
    }
}

impl Call {
    /// What can happen to this call: each failure of the network, a response that never comes, an error of the upstream,
    /// and a header section over the limit. If the guest read the body of the response, then also a body that breaks
    /// off, stalls or is empty.
    #[must_use]
    pub fn faults(&self, limits: HeaderLimits) -> Vec<SweepFault> {
        let failures = NAMES
            .into_iter()
            .map(|(name, error)| SweepFault::new(name, error));
        let mut faults: Vec<SweepFault> = failures.collect();
        faults.extend([
            SweepFault::new("stalled", stalled()),
            SweepFault::new("status-429", too_many_requests(RETRY_AFTER)),
            SweepFault::new("status-500", status(500)),
            SweepFault::new(
                "huge-headers",
                text("").huge_headers(limits.bytes.saturating_add(1)),
            ),
        ]);
        match &self.response {
            Some(seen) if seen.is_read && !seen.start.is_empty() => faults.extend(seen.faults()),
            Some(_) | None => {}
        }
        faults
    }
}

impl Seen {
    fn faults(&self) -> [SweepFault; 3] {
        let half = self.start.len() / 2;
        [
            SweepFault::new("cut-body", self.response().cut_after(half)),
            SweepFault::new("stalled-body", self.response().stall_after(half)),
            SweepFault::new("empty-body", self.empty()),
        ]
    }

    /// The response with the start of its body.
    fn response(&self) -> MockResponse {
        self.with_body(bytes(self.start.clone()), |_| true)
    }

    fn empty(&self) -> MockResponse {
        self.with_body(bytes(""), |name| {
            name != CONTENT_LENGTH && name != TRANSFER_ENCODING
        })
    }

    fn with_body(
        &self,
        body: MockResponse,
        keeps: impl Fn(&http::HeaderName) -> bool,
    ) -> MockResponse {
        let fields = self.headers.iter().filter(|(name, _)| keeps(name));
        body.status(self.status.as_u16())
            .headers(fields.map(|(name, value)| (name.as_str(), value)))
    }
}
