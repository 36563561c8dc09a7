//! Runs a check on many inputs, and names the input that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs `check` on each file of `folder`, which is the corpus of a fuzz target.
#[track_caller]
pub fn replay(folder: &str, check: impl Fn(&[u8])) {
    let mut n_inputs = 0;
    for entry in Path::new(folder).read_dir().expect("a corpus") {
        let path = entry.expect("a corpus").path();
        let input = std::fs::read(&path).expect("an input");
        holds(&path.to_string_lossy(), || check(&input));
        n_inputs += 1;
    }
    assert!(n_inputs > 0, "{folder} is empty");
}

/// Runs `check`, and names the input if it panics.
#[track_caller]
pub fn holds<T>(input: &str, check: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(result) => result,
        Err(_printed) => panic!("the input is {input:?}"),
    }
}
