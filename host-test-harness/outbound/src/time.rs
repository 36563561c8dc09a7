//! Durations and deadlines that no clock overflows on, and clocks that a test can pause.
//!
//! Every time limit counts by tokio's clock. A test with tokio's feature `test-util` can pause that clock; then it stands
//! still while there is something to do, and jumps to the next timer when everything waits.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

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

/// Whether tokio's clock is not the system's, since a test has paused or advanced it.
#[must_use]
pub fn is_virtual() -> bool {
    let (_, is_virtual) = read_clock();
    is_virtual
}

/// The time of day, which passes as tokio's clock does.
#[must_use]
pub fn wall_clock() -> SystemTime {
    let (time, _) = now();
    time
}

/// [`wall_clock`] and tokio's clock at the same moment.
#[must_use]
pub fn now() -> (SystemTime, Instant) {
    /// What ties the clocks together, the same for the whole process, so that no virtual clock goes back.
    static TIE: LazyLock<(std::time::Instant, SystemTime)> =
        LazyLock::new(|| (std::time::Instant::now(), SystemTime::now()));
    let (now, is_virtual) = read_clock();
    if !is_virtual {
        return (SystemTime::now(), now);
    }
    let (instant, time) = *TIE;
    let time = match now.into_std().checked_duration_since(instant) {
        Some(passed) => time + passed,
        None => time - (instant - now.into_std()),
    };
    (time, now)
}

/// What tokio's clock says, and whether it is not the system's.
fn read_clock() -> (Instant, bool) {
    let before = std::time::Instant::now();
    let now = Instant::now();
    let after = std::time::Instant::now();
    (now, !(before..=after).contains(&now.into_std()))
}
