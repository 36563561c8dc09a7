//! Table tests that report every bad row, not only the first one.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `check` on every row, and fails once at the end with all rows whose check panicked.
///
/// Each panic is also printed when it happens, with its file and line.
///
/// # Panics
///
/// If the check of a row panicked, or if there are no rows.
#[track_caller]
pub fn check_rows<Row: Debug>(rows: impl IntoIterator<Item = Row>, mut check: impl FnMut(&Row)) {
    let mut n_rows = 0;
    let mut problems = Vec::new();
    for row in rows {
        n_rows += 1;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&row))) {
            problems.push(format!("row {n_rows}: {row:?}\n{}", message(&*panic)));
        }
    }
    assert!(n_rows > 0, "the table has no rows");
    assert!(
        problems.is_empty(),
        "{} of {n_rows} rows failed\n\n{}",
        problems.len(),
        problems.join("\n\n")
    );
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "a panic without a message",
    }
}
