//! `spin-harness componentize`.

use std::path::{Path, PathBuf};

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::guests::{build, example_folder};
use test_support::table::check_rows;

/// A core module that embeds its world.
fn core_path() -> PathBuf {
    build(&example_folder("rust-outbound-http"), "wasm32-wasip1").join("rust_outbound_http.wasm")
}

fn command(core: &Path, output: &Path, arguments: &[&str]) -> Ran {
    ran(spin_harness()
        .arg("componentize")
        .arg(core)
        .arg("-o")
        .arg(output)
        .args(arguments))
}

#[test]
fn the_command_writes_the_component_and_reports_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("app.wasm");
    std::fs::write(&output, "an older file").unwrap();
    let done = command(&core_path(), &output, &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(done.stdout, "");
    let component = std::fs::read(&output).unwrap();
    assert_eq!(
        done.stderr,
        format!(
            "wrote {}: a component that exports `fermyon:spin/inbound-http`, {} bytes\n",
            output.display(),
            component.len()
        )
    );
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file remains: {names:?}");
}

#[test]
fn a_failed_command_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let (core, output) = (
        folder.path().join("core.wasm"),
        folder.path().join("app.wasm"),
    );
    std::fs::write(&core, wat::parse_str("(module)").unwrap()).unwrap();
    std::fs::write(&output, "an older file").unwrap();
    let core_name = core.to_str().unwrap();
    let nowhere = folder.path().join("no/such/app.wasm");
    let rows = [
        (&core, &output, &[][..], 1, &[core_name, "is missing"][..]),
        (
            &core,
            &output,
            &["--world", "redis"],
            2,
            &["`redis`", "--wit"],
        ),
        (&core, &output, &["--wit", "no/such"], 1, &["no/such"]),
        (
            &core_path(),
            &output,
            &["--world", "command"],
            1,
            &["embeds a world"],
        ),
        (
            &core_path(),
            &nowhere,
            &[],
            1,
            &["no/such/app.wasm", "No such file"],
        ),
        (
            &nowhere,
            &output,
            &[],
            1,
            &["no/such/app.wasm", "No such file"],
        ),
    ];
    check_rows(rows, |(core, output, arguments, code, texts)| {
        let failed = command(core, output, arguments);
        assert_eq!(failed.code, Some(*code), "{}", failed.stderr);
        for text in *texts {
            assert!(failed.stderr.contains(text), "{}", failed.stderr);
        }
    });
    assert_eq!(std::fs::read_to_string(output).unwrap(), "an older file");
}
