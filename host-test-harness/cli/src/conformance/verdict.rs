//! The result of a trial.

/// The result of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as the scenario says.
    Passed,
    /// Something differed from the scenario. Holds the report: every difference, the requests that the
    /// upstreams received, the outcomes that the guest got, and its stderr.
    Failed(String),
    /// The trial failed, and an expected-failures file lists it. Holds the reason from that file.
    ExpectedFailure(String),
    /// The trial passed, but an expected-failures file lists it. Holds the reason from that file.
    UnexpectedPass(String),
    /// The scenario needs permissions or options that an application running elsewhere does not have.
    NotApplicable,
}

impl Verdict {
    /// Whether this verdict makes the whole run fail.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed(_) | Self::UnexpectedPass(_) => true,
            Self::Passed | Self::ExpectedFailure(_) | Self::NotApplicable => false,
        }
    }

    /// The name of the verdict in JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::ExpectedFailure(_) => "expected-failure",
            Self::UnexpectedPass(_) => "unexpected-pass",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// The report of a failure, or the reason from the expected-failures file.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Failed(detail) | Self::ExpectedFailure(detail) | Self::UnexpectedPass(detail) => {
                Some(detail)
            }
            Self::Passed | Self::NotApplicable => None,
        }
    }
}
