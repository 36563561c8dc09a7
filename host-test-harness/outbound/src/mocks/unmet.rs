//! What a test expected and did not happen, or happened and was not expected.

use std::fmt;

/// Expectations that were not met, and requests that no mock matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet(pub(super) Vec<String>);

impl Unmet {
    /// One sentence for each.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [reason] => formatter.write_str(reason),
            reasons => {
                write!(
                    formatter,
                    "{} expectations of the mocks failed:",
                    reasons.len()
                )?;
                reasons
                    .iter()
                    .try_for_each(|reason| write!(formatter, "\n- {reason}"))
            }
        }
    }
}

impl std::error::Error for Unmet {}
