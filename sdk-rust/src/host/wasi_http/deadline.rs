//! How long a call may take, and waiting for it.

use std::time::{Duration, Instant};

use super::bindings::wasi::clocks::monotonic_clock::subscribe_duration;
use super::bindings::wasi::http::types::RequestOptions;
use super::bindings::wasi::io::poll::{Pollable, poll};
use crate::error::Reason;
use crate::http::Extensions;
use crate::outbound_http::Timeouts;

/// The times of one call. Those that the host measures too are measured here as well, because a
/// host may ignore them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deadlines {
    timeouts: Timeouts,
    total: Option<Limit>,
    first_byte: Option<Limit>,
    between_bytes: Option<Limit>,
    /// The head of the response has arrived.
    is_in_body: bool,
}

/// The end of a part of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    end: Instant,
    time: Duration,
    what: &'static str,
}

impl Limit {
    /// A time beyond the range of the clock sets no limit.
    fn from_now(time: Option<Duration>, what: &'static str) -> Option<Self> {
        let time = time?;
        let end = Instant::now().checked_add(time)?;
        Some(Self { end, time, what })
    }

    pub(super) fn earliest(limits: impl IntoIterator<Item = Option<Self>>) -> Option<Self> {
        limits.into_iter().flatten().min_by_key(|limit| limit.end)
    }
}

impl Deadlines {
    /// The call begins.
    pub(super) fn start(extensions: &Extensions) -> Self {
        let timeouts = extensions.get::<Timeouts>().copied().unwrap_or_default();
        Self {
            timeouts,
            total: Limit::from_now(timeouts.total, "the call"),
            ..Self::default()
        }
    }

    /// A request begins.
    pub(super) fn start_hop(&mut self) {
        let time = self.timeouts.first_byte;
        self.first_byte = Limit::from_now(time, "the first byte of the response");
        self.between_bytes = None;
        self.is_in_body = false;
    }

    /// The head or a piece of the body has arrived.
    pub(super) fn start_piece(&mut self) {
        self.first_byte = None;
        self.is_in_body = true;
        let time = self.timeouts.between_bytes;
        self.between_bytes = Limit::from_now(time, "a piece of the response's body");
    }

    /// The limit that ends the call first.
    pub(super) fn next(&self) -> Option<Limit> {
        Limit::earliest([self.total, self.first_byte, self.between_bytes])
    }

    /// Fails if a limit is reached.
    pub(super) fn check(&self) -> Result<(), Reason> {
        match self.next() {
            Some(limit) if Instant::now() >= limit.end => Err(Reason::Timeout {
                what: limit.what,
                time: limit.time,
                is_in_body: self.is_in_body,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Waits until one of `events` is ready or `limit` is reached.
pub(super) fn wait(events: &[&Pollable], limit: Option<Limit>) {
    let timer = limit.map(|limit| {
        let left = limit.end.saturating_duration_since(Instant::now());
        subscribe_duration(nanoseconds(left))
    });
    let all: Vec<&Pollable> = events.iter().copied().chain(&timer).collect();
    if !all.is_empty() {
        poll(&all);
    }
}

/// How much longer the host waits than the SDK, so that the error is that of the SDK.
const HOST_SLACK: Duration = Duration::from_secs(1);

/// The times of the call for the host. Without these it would end a call that may take longer than
/// its default, and only the host can limit the time of a connection.
pub(super) fn options(extensions: &Extensions) -> Result<Option<RequestOptions>, Reason> {
    let Some(timeouts) = extensions.get::<Timeouts>() else {
        return Ok(None);
    };
    let options = RequestOptions::new();
    let time =
        |time: Option<Duration>| time.map(|time| nanoseconds(time.saturating_add(HOST_SLACK)));
    options
        .set_connect_timeout(timeouts.connect.map(nanoseconds))
        .and_then(|()| options.set_first_byte_timeout(time(timeouts.first_byte)))
        .and_then(|()| options.set_between_bytes_timeout(time(timeouts.between_bytes)))
        .map_err(|()| Reason::TimeoutRefused)?;
    Ok(Some(options))
}

/// A time as the host counts it. The longest is 584 years.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
