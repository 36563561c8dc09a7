//! What is wrong with a mock.

/// What is wrong with a mock. Displays as one sentence that names the value and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidMock(String);

impl InvalidMock {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}
