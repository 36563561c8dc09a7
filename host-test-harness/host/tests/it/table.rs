//! The helper of the table tests.

use std::panic::catch_unwind;

use test_support::table::check_rows;

#[test]
fn every_bad_row_is_reported_and_no_good_one() {
    let panic = catch_unwind(|| check_rows([1, 2, 3, 4], |row| assert_ne!(row % 2, 0, "even")));
    let message = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("2 of 4 rows failed\n"), "{message}");
    for (row, is_reported) in [(1, false), (2, true), (3, false), (4, true)] {
        let title = format!("row {row}: {row}\n");
        assert_eq!(message.contains(&title), is_reported, "{message}");
    }
}

#[test]
fn a_table_without_rows_fails() {
    assert!(catch_unwind(|| check_rows([0; 0], |_| {})).is_err());
}
