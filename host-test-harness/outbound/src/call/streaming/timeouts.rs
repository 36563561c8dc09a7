//! The time limits of a streaming call.

use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::error::OutboundError;
use crate::limits::CallLimits;
use crate::time::deadline;
use crate::transport::error::Phase;

/// The time limits that a guest sets for its call. Each counts if it is below the harness's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallTimeouts {
    /// For resolution, connection and TLS handshake. It counts together with `first_byte`, since a pooled connection
    /// takes no time; alone it has no effect.
    pub connect: Option<Duration>,
    /// From the connection to the head of the response.
    pub first_byte: Option<Duration>,
    /// From one piece of the response body to the next.
    pub between_bytes: Option<Duration>,
}

/// When the phases of a call end.
pub(super) struct Deadlines {
    /// For the head of the response.
    pub(super) headers: Instant,
    /// What the guest set for the head, if it is less than the harness's limit.
    guest_headers: Option<Duration>,
    /// For the last byte of the response.
    pub(super) end: Instant,
    between_bytes: Option<Duration>,
    response_timeout: Duration,
}

impl Deadlines {
    pub(super) fn new(timeouts: CallTimeouts, limits: &CallLimits) -> Self {
        let connect = timeouts.connect.unwrap_or(limits.connect_timeout);
        let guest_headers = timeouts
            .first_byte
            .map(|first_byte| {
                connect
                    .min(limits.connect_timeout)
                    .saturating_add(first_byte)
            })
            .filter(|headers| *headers < limits.response_timeout);
        Self {
            headers: deadline(guest_headers.unwrap_or(limits.response_timeout)),
            guest_headers,
            end: deadline(limits.response_timeout),
            between_bytes: timeouts.between_bytes,
            response_timeout: limits.response_timeout,
        }
    }

    pub(super) fn headers_timeout(&self) -> OutboundError {
        match self.guest_headers {
            Some(limit) => OutboundError::Timeout {
                phase: Phase::ResponseHeaders,
                limit,
                by_guest: true,
            },
            None => self.end_timeout(),
        }
    }

    pub(super) fn end_timeout(&self) -> OutboundError {
        OutboundError::response_timeout(self.response_timeout)
    }

    /// A timer for the next piece of the body, if the guest set a limit for it.
    pub(super) fn next_bytes(&self) -> Option<Sleep> {
        let between_bytes = self.between_bytes?;
        Some(tokio::time::sleep_until(deadline(between_bytes).into()))
    }

    pub(super) fn next_bytes_timeout(&self) -> Option<OutboundError> {
        self.between_bytes.map(|limit| OutboundError::Timeout {
            phase: Phase::BetweenBytes,
            limit,
            by_guest: true,
        })
    }
}
