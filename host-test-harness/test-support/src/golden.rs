//! Files that hold the expected output of a test.

use std::path::Path;

/// Compares with a file; `UPDATE_GOLDEN=1` rewrites it.
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
