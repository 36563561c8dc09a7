//! Durations and deadlines that no clock overflows on.

use std::time::{Duration, Instant};

/// The longest duration that is added to a clock: 30 years.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Caps a duration at 30 years, so that adding it to any clock is safe.
#[must_use]
pub fn countable(duration: Duration) -> Duration {
    duration.min(LONGEST)
}

/// The instant at which a duration that starts now has passed; at most 30 years from now.
#[must_use]
pub fn deadline(duration: Duration) -> Instant {
    Instant::now() + countable(duration)
}
