//! Tables of cases that report all wrong rows, not only the first one.

use std::fmt::{Debug, Display};

/// Collects the wrong rows of a table.
///
/// Call [`check`](Self::check) for each row, and [`assert_none`](Self::assert_none) at the end.
#[derive(Default)]
#[must_use = "nothing fails before `assert_none`"]
pub struct WrongRows(Vec<String>);

impl WrongRows {
    /// Compares what a row gave with what it should give.
    pub fn check<G, W>(&mut self, row: impl Display, got: G, want: W)
    where
        G: Debug + PartialEq<W>,
        W: Debug,
    {
        if got != want {
            self.0
                .push(format!("{row}\n   got: {got:?}\n  want: {want:?}"));
        }
    }

    /// Checks that a row's text contains all of `texts`.
    pub fn check_contains(&mut self, row: impl Display, text: &str, texts: &[&str]) {
        for want in texts {
            if !text.contains(want) {
                self.0.push(format!("{row}\n  {want:?} is not in: {text}"));
            }
        }
    }

    /// Fails with all wrong rows, if there are any.
    #[track_caller]
    pub fn assert_none(self) {
        let Self(rows) = self;
        assert!(
            rows.is_empty(),
            "wrong rows: {}\n{}",
            rows.len(),
            rows.join("\n")
        );
    }
}
