//! How often a mock expects to be called.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::error::InvalidMock;

/// How often a mock answers, and at least must. A number or a range converts into it; the default is `1..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub(super) at_least: u32,
    pub(super) at_most: Option<u32>,
}

impl Times {
    pub(super) fn check(self) -> Result<(), InvalidMock> {
        match self.at_most {
            Some(at_most) if at_most < self.at_least => Err(InvalidMock::new(format!(
                "a mock that answers at least {} times cannot answer at most {at_most} times",
                self.at_least
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        (1..).into()
    }
}

impl From<u32> for Times {
    fn from(n: u32) -> Self {
        (n..=n).into()
    }
}

impl From<RangeInclusive<u32>> for Times {
    fn from(range: RangeInclusive<u32>) -> Self {
        Self {
            at_least: *range.start(),
            at_most: Some(*range.end()),
        }
    }
}

impl From<Range<u32>> for Times {
    fn from(range: Range<u32>) -> Self {
        Self {
            at_least: range.start,
            at_most: Some(range.end.saturating_sub(1)),
        }
    }
}

impl From<RangeFrom<u32>> for Times {
    fn from(range: RangeFrom<u32>) -> Self {
        Self {
            at_least: range.start,
            at_most: None,
        }
    }
}

impl From<RangeTo<u32>> for Times {
    fn from(range: RangeTo<u32>) -> Self {
        (0..range.end).into()
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        (0..).into()
    }
}

impl From<RangeToInclusive<u32>> for Times {
    fn from(range: RangeToInclusive<u32>) -> Self {
        (0..=range.end).into()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (at_least, Some(at_most)) if at_least == at_most => write!(formatter, "{at_most}"),
            (0, Some(at_most)) => write!(formatter, "at most {at_most}"),
            (at_least, Some(at_most)) => write!(formatter, "{at_least} to {at_most}"),
            (at_least, None) => write!(formatter, "at least {at_least}"),
        }
    }
}
