//! The time limits of a streaming call.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::OutboundError;
use crate::limits::CallLimits;
use crate::time::deadline;
use crate::transport::error::Phase;

/// The time limits that a guest sets for its call. Each counts if it is below the harness's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallTimeouts {
    /// For resolution, connection and TLS handshake. A pooled connection takes no time. In process there is no
    /// connection.
    pub connect: Option<Duration>,
    /// From the connection to the head of the response.
    pub first_byte: Option<Duration>,
    /// From one piece of the response body to the next.
    pub between_bytes: Option<Duration>,
}

/// When the phases of a call end. There is no limit on the whole response: a stream may live as long as bytes flow.
pub(super) struct Deadlines {
    /// The guest's limit for the connection, if it is below that of the harness, which the connector applies.
    pub(super) connect: Option<Duration>,
    /// For the head of the response.
    pub(super) headers: Instant,
    headers_limit: Limit,
    between_bytes: Limit,
}

/// The harness's limit, or the guest's if it is less.
#[derive(Clone, Copy)]
struct Limit {
    duration: Duration,
    by_guest: bool,
}

impl Limit {
    fn new(harness: Duration, guest: Option<Duration>) -> Self {
        match guest.filter(|guest| *guest < harness) {
            Some(duration) => Self {
                duration,
                by_guest: true,
            },
            None => Self {
                duration: harness,
                by_guest: false,
            },
        }
    }

    fn exceeded(self, phase: Phase) -> OutboundError {
        OutboundError::Timeout {
            phase,
            limit: self.duration,
            by_guest: self.by_guest,
        }
    }
}

impl Deadlines {
    pub(super) fn new(timeouts: CallTimeouts, limits: &CallLimits) -> Self {
        let connect = timeouts.connect.unwrap_or(limits.connect_timeout);
        let guest_headers = timeouts.first_byte.map(|first_byte| {
            connect
                .min(limits.connect_timeout)
                .saturating_add(first_byte)
        });
        let headers_limit = Limit::new(limits.response_timeout, guest_headers);
        Self {
            connect: timeouts
                .connect
                .filter(|connect| *connect < limits.connect_timeout),
            headers: deadline(headers_limit.duration),
            headers_limit,
            between_bytes: Limit::new(limits.response_timeout, timeouts.between_bytes),
        }
    }

    pub(super) fn headers_timeout(&self) -> OutboundError {
        self.headers_limit.exceeded(Phase::ResponseHeaders)
    }

    /// For the next piece of the body, if the last one came now.
    pub(super) fn next_bytes(&self) -> Instant {
        deadline(self.between_bytes.duration)
    }

    pub(super) fn next_bytes_timeout(&self) -> OutboundError {
        self.between_bytes.exceeded(Phase::BetweenBytes)
    }
}
