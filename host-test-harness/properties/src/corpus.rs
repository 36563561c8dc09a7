//! Runs a check on many inputs, and names the inputs that fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs `check` on each file of `folder`, which is the corpus of a fuzz target, and names every file that fails.
#[track_caller]
pub fn replay(folder: &str, check: impl Fn(&[u8])) {
    let mut n_inputs = 0;
    let mut failed = Vec::new();
    for entry in Path::new(folder).read_dir().expect("a corpus") {
        let path = entry.expect("a corpus").path();
        let input = std::fs::read(&path).expect("an input");
        if catch_unwind(AssertUnwindSafe(|| check(&input))).is_err() {
            failed.push(path);
        }
        n_inputs += 1;
    }
    assert!(n_inputs > 0, "{folder} is empty");
    assert!(failed.is_empty(), "these inputs fail: {failed:#?}");
}

/// Runs `check`, and names the input if it panics.
#[track_caller]
pub fn holds<T>(input: &str, check: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(result) => result,
        Err(_printed) => panic!("the input is {input:?}"),
    }
}
