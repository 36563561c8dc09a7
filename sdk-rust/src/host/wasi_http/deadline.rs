//! The end of a call whose total time is limited.

use std::time::{Duration, Instant};

use super::bindings::wasi::clocks::monotonic_clock::subscribe_duration;
use super::bindings::wasi::io::poll::{Pollable, poll};
use crate::error::Reason;
use crate::http::{Extensions, Request};
use crate::outbound_http::Timeouts;

/// When the call ends, and the time that it had. An extension of the request, so that all hops of a
/// redirect have the same.
#[derive(Clone, Copy, Debug)]
struct End(Instant, Duration);

/// The time of `request` begins.
pub(crate) fn start(request: &mut Request) {
    let total = request.extensions().get::<Timeouts>();
    let Some(total) = total.and_then(|timeouts| timeouts.total) else {
        return;
    };
    // A time beyond the range of the clock sets no limit.
    if let Some(end) = Instant::now().checked_add(total) {
        request.extensions_mut().insert(End(end, total));
    }
}

/// The deadline of a call, or none.
#[derive(Debug)]
pub(super) struct Deadline(Option<(Pollable, Duration)>);

impl Deadline {
    /// No deadline.
    pub(super) const NONE: Self = Self(None);

    pub(super) fn of(extensions: &Extensions) -> Self {
        Self(extensions.get::<End>().map(|End(end, total)| {
            let left = end.saturating_duration_since(Instant::now());
            (subscribe_duration(nanoseconds(left)), *total)
        }))
    }

    /// Waits until `event` is ready. Fails if the call or the time of `phase` ends before.
    pub(super) fn wait(&self, event: &Pollable, phase: Option<Phase>) -> Result<(), Reason> {
        let phase = phase.map(|phase| {
            let elapsed = phase.since.map_or(Duration::ZERO, |since| since.elapsed());
            let left = phase.time.saturating_sub(elapsed);
            (subscribe_duration(nanoseconds(left)), phase)
        });
        let total = self
            .0
            .as_ref()
            .map(|(timer, total)| (timer, Phase::total(*total)));
        let timers = phase
            .iter()
            .map(|(timer, phase)| (timer, *phase))
            .chain(total);
        let (mut pollables, mut phases) = (vec![event], Vec::new());
        for (timer, phase) in timers {
            pollables.push(timer);
            phases.push(phase);
        }
        // The indices of what is ready, in order. The event is the first.
        let ready = poll(&pollables);
        let first = ready.first().and_then(|index| usize::try_from(*index).ok());
        match first
            .and_then(|index| index.checked_sub(1))
            .and_then(|index| phases.get(index))
        {
            Some(Phase { what, time, .. }) => Err(Reason::Timeout { what, time: *time }),
            None => Ok(()),
        }
    }
}

/// A part of a call, and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    what: &'static str,
    time: Duration,
    /// When it began. `None` if it begins with each wait.
    since: Option<Instant>,
}

impl Phase {
    fn total(time: Duration) -> Self {
        Self {
            what: "the call",
            time,
            since: None,
        }
    }

    /// Begins now, at the end of the request.
    pub(super) fn first_byte(extensions: &Extensions) -> Option<Self> {
        Some(Self {
            what: "the first byte of the response",
            time: extensions.get::<Timeouts>()?.first_byte?,
            since: Some(Instant::now()),
        })
    }

    pub(super) fn between_bytes(extensions: &Extensions) -> Option<Self> {
        Some(Self {
            what: "a piece of the response's body",
            time: extensions.get::<Timeouts>()?.between_bytes?,
            since: None,
        })
    }
}

/// A time as the host counts it. The longest is 584 years.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
