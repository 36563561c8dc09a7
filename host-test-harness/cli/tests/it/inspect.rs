//! `spin-harness inspect`.

use crate::support::spin_harness;
use test_support::command::ran;
use test_support::guests::probe_path;
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};
use test_support::table::check_rows;

#[test]
fn the_command_prints_text_and_json() {
    let path = probe_path("rust_probe");
    let plain = ran(spin_harness().arg("inspect").arg(&path));
    assert_eq!(plain.code, Some(0), "{}", plain.stderr);
    for text in [
        "component, ",
        "  fermyon:spin/inbound-http\n",
        "spin       2.6 or later, because of `wasi:",
        "wasi       none: it exports neither `wasi:http/incoming-handler` nor ",
        "harness    request, up\n",
        "custom \"producers\"\n",
        "100 %  total\n",
    ] {
        assert!(plain.stdout.contains(text), "{text:?}: {}", plain.stdout);
    }
    let json = ran(spin_harness().arg("inspect").arg(&path).arg("--json"));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["kind"], "component");
    assert_eq!(json["exports"][0]["functions"][0], "handle-request");
    assert_eq!(json["spin"]["verdict"], "releases");
    assert_eq!(json["spin"]["first"], "2.6");
    assert_eq!(json["wasi"]["verdict"], "none");
    assert_eq!(json["harness"]["up"], true);
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.wasm");
    let text = "(module (import \"\\1b[31m\" \"\\07\" (func)) (@custom \"\\1b]0;x\" \"\"))";
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    let ran = ran(spin_harness().arg("inspect").arg(&path));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        !ran.stdout.contains(['\u{1b}', '\u{7}']),
        "{:?}",
        ran.stdout
    );
}

#[test]
fn a_component_of_wasi_http_runs_on_other_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.wasm");
    let text = "(component (instance $empty) \
        (export \"wasi:http/incoming-handler@0.2.0\" (instance $empty)))";
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    let ran = ran(spin_harness().arg("inspect").arg(&path));
    let line =
        "wasi       hosts of `wasi:http` 0.2, such as `wasmtime serve -S cli` and wasmCloud\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}

#[test]
fn guests_of_published_sdks_run_in_the_harness() {
    for published in [&SPIN_SDK_5, &SPIN_SDK_7] {
        let ran = ran(spin_harness().arg("inspect").arg(published.path()));
        assert!(
            ran.stdout.contains("harness    request, up\n"),
            "{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("missing "), "{}", ran.stdout);
    }
}

#[test]
fn a_file_that_is_not_webassembly_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(probe_path("wire_probe")).unwrap();
    let rows = [
        ("empty.wasm", &b""[..], "the file is empty"),
        ("text.wasm", b"hello", "not WebAssembly"),
        ("cut.wasm", &whole[..whole.len() / 2], "cut short"),
    ];
    check_rows(rows, |(name, bytes, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        for command in ["inspect", "componentize"] {
            let output = folder.path().join("out.wasm");
            let mut arguments = spin_harness();
            arguments.arg(command).arg(&path);
            if command == "componentize" {
                arguments.arg("-o").arg(output);
            }
            let ran = ran(&mut arguments);
            assert_eq!(ran.code, Some(1), "{command}: {}", ran.stderr);
            for part in [name, text] {
                assert!(ran.stderr.contains(part), "{command}: {}", ran.stderr);
            }
        }
    });
}
