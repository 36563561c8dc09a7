//! Golden files: the expected output of tests.

use std::path::Path;

/// Compares `got` with a golden file; with `UPDATE_GOLDEN=1`, rewrites the file first.
#[track_caller]
pub fn assert_golden(path: &Path, got: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, got).unwrap();
    }
    let want =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        got == want,
        "{} differs; UPDATE_GOLDEN=1 rewrites it\n got:\n{got}\nwant:\n{want}",
        path.display()
    );
}
