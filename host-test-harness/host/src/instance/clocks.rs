//! The clocks of a guest, which pass as tokio's clock does: with the guest's timers, and with every time limit.

use std::time::{Duration, SystemTime};

use harness_outbound::time::wall_clock;
use tokio::time::Instant;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The resolution of both clocks: 1 ns, as Linux has it.
const RESOLUTION: Duration = Duration::from_nanos(1);

/// The first time of the monotonic clock. Some programs refuse a time of zero: Go's runtime ends with "nanotime returning
/// zero".
const START: Duration = Duration::from_secs(1);

/// The time since the instance was created, and [`START`].
pub(crate) struct MonotonicClock(Instant);

impl MonotonicClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        nanoseconds(RESOLUTION)
    }

    fn now(&self) -> u64 {
        nanoseconds(START.saturating_add(self.0.elapsed()))
    }
}

/// The time of day.
pub(crate) struct WallClock;

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        let since = wall_clock().duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default()
    }
}

/// Enough for 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_monotonic_clock_does_not_begin_at_zero() {
        let clock = MonotonicClock::new();
        assert_eq!(clock.now(), 1_000_000_000);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), 3_000_000_000);
    }
}
