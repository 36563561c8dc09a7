//! Two sides of one job, measured in turn, so that what else the machine does falls on both.

use std::time::{Duration, Instant};

use crate::Result;

/// How often the two sides take turns, after one turn that does not count.
pub(crate) const ROUNDS: usize = 15;

/// What a reader of the figures must know.
pub(crate) const HOW: &str =
    "Medians of 15 rounds; the ratio is taken round by round, with its range in brackets.\n";

/// Two sides of one job, measured in turn: a call's time on each, and harness / baseline.
pub(crate) struct Comparison {
    baseline: Spread<Duration>,
    harness: Spread<Duration>,
    ratio: Spread<f64>,
}

/// The lowest, the median and the highest of some figures.
#[derive(Clone, Copy)]
pub(crate) struct Spread<T> {
    lowest: T,
    pub(crate) median: T,
    highest: T,
}

impl<T: Copy + PartialOrd> Spread<T> {
    pub(crate) fn of(mut figures: Vec<T>) -> Option<Self> {
        figures.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let (lowest, highest) = (*figures.first()?, *figures.last()?);
        Some(Self {
            lowest,
            median: *figures.get(figures.len() / 2)?,
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

/// A ratio with its range.
impl std::fmt::Display for Spread<f64> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:.2} ({:.2} to {:.2})",
            self.median, self.lowest, self.highest
        )
    }
}
