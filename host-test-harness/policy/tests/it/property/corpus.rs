//! Inputs, and which of them it was that fails a check.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs `check` on the inputs that a fuzz target starts from: the files of `folder`.
#[track_caller]
pub(crate) fn replay(folder: &str, check: impl Fn(&[u8])) {
    let mut n_inputs = 0;
    for entry in Path::new(folder).read_dir().expect("a corpus") {
        let path = entry.expect("a corpus").path();
        let input = std::fs::read(&path).expect("an input");
        holds(&path.to_string_lossy(), || check(&input));
        n_inputs += 1;
    }
    assert!(n_inputs > 0, "{folder} is empty");
}

/// Runs `check`, and names the input if it fails.
#[track_caller]
pub(crate) fn holds<T>(input: &str, check: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(outcome) => outcome,
        Err(_said) => panic!("the input is {input:?}"),
    }
}
