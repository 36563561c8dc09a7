//! The schema of the protocol that is checked in.

use std::path::Path;

use test_support::golden::assert_golden;

#[test]
fn the_schema_is_that_of_the_code() {
    let schema = harness_driver::protocol_schema();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol.schema.json");
    assert_golden(&path, &text);
}
