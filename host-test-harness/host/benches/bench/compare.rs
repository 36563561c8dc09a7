//! Compares two implementations of one job, measured alternately so that other load on the machine affects both.

use std::time::{Duration, Instant};

use crate::Result;

/// The number of measured rounds, in which each side runs once; they follow one warm-up round.
pub(crate) const ROUNDS: usize = 15;

/// The legend of a table of comparisons.
pub(crate) const HOW: &str = "Medians of 15 rounds; lower is better. The ratio is the second column over the first, computed per round, with its \
     range in\nbrackets; below 1 the second column is better. 1 us is a microsecond.\n";

/// The time of one call on each side, and the ratio harness / baseline.
pub(crate) struct Comparison {
    baseline: Spread<Duration>,
    harness: Spread<Duration>,
    ratio: Spread<f64>,
}

/// The lowest, the median and the highest of several values.
#[derive(Clone, Copy)]
pub(crate) struct Spread<T> {
    lowest: T,
    pub(crate) median: T,
    highest: T,
}

impl<T: Copy + PartialOrd> Spread<T> {
    pub(crate) fn of(mut values: Vec<T>) -> Option<Self> {
        values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let (lowest, highest) = (*values.first()?, *values.last()?);
        Some(Self {
            lowest,
            median: *values.get(values.len() / 2)?,
            highest,
        })
    }
}

pub(crate) fn compare(
    n_calls: u32,
    baseline: impl Fn() -> Result<()>,
    harness: impl Fn() -> Result<()>,
) -> Result<Comparison> {
    let time = |side: &dyn Fn() -> Result<()>| -> Result<Duration> {
        let started = Instant::now();
        side()?;
        Ok(started.elapsed() / n_calls)
    };
    let (mut baselines, mut harnesses, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (baseline, harness) = (time(&baseline)?, time(&harness)?);
        if round > 0 {
            baselines.push(baseline);
            harnesses.push(harness);
            ratios.push(harness.as_secs_f64() / baseline.as_secs_f64());
        }
    }
    let spread = || {
        Some((
            Spread::of(baselines)?,
            Spread::of(harnesses)?,
            Spread::of(ratios)?,
        ))
    };
    let (baseline, harness, ratio) = spread().ok_or("no round was measured")?;
    Ok(Comparison {
        baseline,
        harness,
        ratio,
    })
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let microseconds = |duration: Duration| format!("{:.1} us", duration.as_secs_f64() * 1e6);
        let (baseline, harness) = (
            microseconds(self.baseline.median),
            microseconds(self.harness.median),
        );
        write!(formatter, "{baseline:>12} {harness:>12}   {}", self.ratio)
    }
}

/// A ratio and, in brackets, its range.
impl std::fmt::Display for Spread<f64> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:.2} ({:.2} to {:.2})",
            self.median, self.lowest, self.highest
        )
    }
}
