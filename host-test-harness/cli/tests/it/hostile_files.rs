//! Malformed files on the command line.

use crate::support::spin_harness;
use test_support::command::ran;

#[test]
fn a_malformed_file_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.wasm");
    // The decoder panics on this world.
    let world = wat::parse_str("(component (type (component)) (export \"w\" (type 0)))").unwrap();
    let escaped: String = world.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let core = format!("(module (@custom \"component-type\" \"{escaped}\"))");
    let core = wat::parse_str(core).unwrap();
    std::fs::write(&path, core).unwrap();
    let output = folder.path().join("out.wasm");
    let failed = ran(spin_harness()
        .arg("componentize")
        .arg(&path)
        .arg("-o")
        .arg(output));
    assert_eq!(failed.code, Some(1));
    let lines: Vec<_> = failed.stderr.lines().collect();
    assert!(
        lines.len() == 1 && lines[0].contains("hostile.wasm"),
        "{lines:?}"
    );
    let inspected = ran(spin_harness().arg("inspect").arg(&path));
    assert_eq!((inspected.code, inspected.stderr.as_str()), (Some(0), ""));
}
