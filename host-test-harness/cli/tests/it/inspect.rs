//! What `inspect` says of components, core modules and files that are neither.

use spin_harness::{
    ErrorKind, Form, HarnessSupport, Inspection, ItemKind, Outlook, SpinSupport, World,
    componentize_file, inspect, inspect_file,
};

use crate::support::spin_harness;
use test_support::command::ran;
use test_support::guests::{build, example_folder, probe_path};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};

fn of_wat(text: &str) -> Inspection {
    inspect(&wat::parse_str(text).unwrap()).unwrap()
}

/// A component with these imports, each with one function, and these exports.
fn component(imports: &[&str], exports: &[&str]) -> Inspection {
    let mut text = "(component (instance $empty)".to_owned();
    for name in imports {
        text += &format!("(import {name:?} (instance (export \"call\" (func))))");
    }
    for name in exports {
        text += &format!("(export {name:?} (instance $empty))");
    }
    of_wat(&(text + ")"))
}

#[track_caller]
fn outlook(inspection: &Inspection) -> (&SpinSupport, &HarnessSupport) {
    match &inspection.outlook {
        Outlook::Component { spin, harness, .. } => (spin, harness),
        Outlook::CoreModule { .. } => panic!("{inspection:?}"),
    }
}

fn names<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// Every byte is counted once.
#[track_caller]
fn check_sizes(inspection: &Inspection, n_bytes: usize) {
    for part in &inspection.parts {
        let sum: u64 = part.sections.iter().map(|section| section.bytes).sum();
        assert_eq!(part.bytes, sum, "{part:?}");
    }
    let sum: u64 = inspection.parts.iter().map(|part| part.bytes).sum();
    assert_eq!((inspection.bytes, sum), (n_bytes as u64, n_bytes as u64));
}

#[test]
fn a_guest_of_the_rust_sdk_runs_here_and_on_spin() {
    let inspection = inspect_file(probe_path("rust_probe")).unwrap();
    assert_eq!(inspection.form, Form::Component);
    assert_eq!(names(&inspection.exports), ["fermyon:spin/inbound-http"]);
    assert!(names(&inspection.imports).contains(&"fermyon:spin/http".to_owned()));
    let (spin, harness) = outlook(&inspection);
    assert!(harness.request && harness.up && !harness.run, "{harness:?}");
    assert_eq!(harness.missing_imports, Vec::<String>::new());
    let SpinSupport::Releases {
        first, last: None, ..
    } = spin
    else {
        panic!("{spin:?}");
    };
    assert_eq!(first.to_string(), "2.6");
}

#[test]
fn sizes_add_up_to_the_file() {
    let core = build(&example_folder("rust-outbound-http"), "wasm32-wasip1")
        .join("rust_outbound_http.wasm");
    for path in [
        probe_path("rust_probe"),
        probe_path("wire_probe"),
        core.clone(),
    ] {
        let n_bytes = std::fs::read(&path).unwrap().len();
        check_sizes(&inspect_file(&path).unwrap(), n_bytes);
    }
    let encoded = componentize_file(core, &World::HttpTrigger).unwrap();
    let inspection = inspect(&encoded).unwrap();
    check_sizes(&inspection, encoded.len());
    let parts: Vec<_> = inspection
        .parts
        .iter()
        .filter_map(|part| part.name.as_deref())
        .collect();
    assert!(parts.contains(&"main"), "{parts:?}");
    let nested = "(component (component (core module (func)) (component)) (core module))";
    let bytes = wat::parse_str(nested).unwrap();
    check_sizes(&inspect(&bytes).unwrap(), bytes.len());
    assert_eq!(
        names(&depths(&inspect(&bytes).unwrap())),
        ["0", "1", "2", "2", "1"]
    );
}

fn depths(inspection: &Inspection) -> Vec<u32> {
    inspection.parts.iter().map(|part| part.depth).collect()
}

#[test]
fn spin_releases_follow_from_imports_and_exports() {
    let spin_http = "fermyon:spin/inbound-http";
    for (imports, exports, want) in [
        (
            &["fermyon:spin/http"][..],
            &[spin_http][..],
            "1.1.. by fermyon:spin/inbound-http",
        ),
        (
            &["fermyon:spin/sqlite"],
            &[spin_http],
            "1.3.. by fermyon:spin/sqlite",
        ),
        (
            &["fermyon:spin/http", "wasi:cli/exit@0.2.0"],
            &[spin_http],
            "2.2.. by wasi:cli/exit@0.2.0",
        ),
        (
            &["wasi:cli/exit@0.2.6"],
            &[spin_http],
            "2.6.. by wasi:cli/exit@0.2.6",
        ),
        (
            &["fermyon:spin/mqtt@2.0.0"],
            &[spin_http],
            "2.4.. by fermyon:spin/mqtt@2.0.0",
        ),
        (
            &[],
            &["wasi:http/incoming-handler@0.2.0"],
            "2.2.. by wasi:http/incoming-handler@0.2.0",
        ),
        (
            &[],
            &["wasi:http/incoming-handler@0.2.3"],
            "3.1.. by wasi:http/incoming-handler@0.2.3",
        ),
        (
            &[],
            &["wasi:http/handler@0.3.0"],
            "4.1.. by wasi:http/handler@0.3.0",
        ),
        (
            &["wasi:http/types@0.3.0-rc-2026-01-06"],
            &["wasi:http/handler@0.3.0-rc-2026-01-06"],
            "3.6..3.6 by wasi:http/handler@0.3.0-rc-2026-01-06",
        ),
        (
            &["spin:variables/variables@3.0.0"],
            &["wasi:http/handler@0.3.0-rc-2025-09-16"],
            "none: `wasi:http/handler@0.3.0-rc-2025-09-16` ends with Spin 3.5, and \
             `spin:variables/variables@3.0.0` begins with Spin 4.0",
        ),
        (
            &["acme:a/b@1.0.0", "log:x/y"],
            &[spin_http],
            "unknown: acme:a/b@1.0.0, log:x/y",
        ),
    ] {
        let inspection = component(imports, exports);
        let got = match outlook(&inspection).0 {
            SpinSupport::Releases {
                first,
                last,
                decided_by,
                ..
            } => {
                let last = last.map(|last| last.to_string()).unwrap_or_default();
                format!("{first}..{last} by {decided_by}")
            }
            SpinSupport::None { reason, .. } => format!("none: {reason}"),
            SpinSupport::Unknown { imports, .. } => format!("unknown: {}", imports.join(", ")),
        };
        assert_eq!(got, want, "{imports:?} {exports:?}");
    }
}

#[test]
fn what_no_trigger_calls_runs_on_no_spin() {
    for (exports, text) in [
        (&[][..], "nothing that a trigger of Spin calls"),
        (&["wasi:cli/run@0.2.6"], "it is a program"),
    ] {
        let inspection = component(&[], exports);
        let SpinSupport::None { reason, .. } = outlook(&inspection).0 else {
            panic!("{inspection:?}");
        };
        assert!(reason.contains(text), "{reason}");
    }
}

#[test]
fn the_commands_that_run_it_and_the_imports_they_lack_are_named() {
    let program = component(
        &["wasi:cli/exit@0.2.6", "fermyon:spin/http"],
        &["wasi:cli/run@0.2.6"],
    );
    let (_, harness) = outlook(&program);
    assert!(
        harness.run && !harness.request && !harness.up,
        "{harness:?}"
    );
    assert_eq!(harness.missing_imports, Vec::<String>::new());
    let missing = [
        "wasi:http/outgoing-handler@0.2.0-rc-2023-11-10",
        "fermyon:spin/key-value",
        "wasi:http/handler@0.3.0",
        "wasi:cli/exit@0.3.0-rc-2026-03-15",
    ];
    let service = component(
        &missing,
        &["wasi:cli/run@0.3.0", "fermyon:spin/inbound-http"],
    );
    let (_, harness) = outlook(&service);
    assert!(harness.request && harness.up && !harness.run, "{harness:?}");
    assert_eq!(harness.missing_imports, missing);
}

#[test]
fn a_guest_of_wasi_http_runs_here_and_other_versions_are_named_with_a_way_out() {
    for (import, export) in [
        (
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:http/incoming-handler@0.2.3",
        ),
        ("wasi:http/client@0.3.0", "wasi:http/handler@0.3.1"),
    ] {
        let service = component(&[import, "fermyon:spin/http"], &[export]);
        let (_, harness) = outlook(&service);
        assert!(harness.request && harness.up && !harness.run, "{harness:?}");
        assert_eq!(harness.missing_imports, Vec::<String>::new());
        assert_eq!(harness.rebuild, None);
    }
    for (export, user) in [
        (
            "wasi:http/incoming-handler@0.2.0-rc-2023-11-10",
            "SDKs of Spin 2.1",
        ),
        ("wasi:http/handler@0.3.0-rc-2026-03-15", "spin-sdk 6"),
    ] {
        let inspection = component(&[], &[export]);
        let (_, harness) = outlook(&inspection);
        assert!(
            !harness.request && !harness.up && !harness.run,
            "{harness:?}"
        );
        let advice = harness.rebuild.as_deref().unwrap();
        for text in [export, user, "the crate spin-sdk 3 to 5 or 7"] {
            assert!(advice.contains(text), "{advice}");
        }
    }
}

#[test]
fn what_a_published_sdk_makes_runs_here() {
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
fn functions_and_types_outside_interfaces_are_named() {
    let inspection = of_wat(
        r#"(component
             (import "log" (func $log (param "text" string)))
             (import "level" (type (sub resource)))
             (export "shout" (func $log)))"#,
    );
    let kinds: Vec<_> = inspection.imports.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [ItemKind::Function, ItemKind::Type]);
    assert_eq!(names(&inspection.exports), ["shout"]);
    assert_eq!(outlook(&inspection).1.missing_imports, ["log"]);
}

#[test]
fn language_and_tools_are_those_of_the_guest_and_not_of_its_adapters() {
    let inspection = of_wat(
        r#"(component
             (core module (@producers (language "Rust" "2021") (processed-by "rustc" "1.95.0")))
             (core module (@producers (language "Go" "go1.26") (processed-by "Go cmd/compile" "go1.26"))
               (func) (func) (func) (func) (func) (func) (func) (func) (func) (func))
             (@producers (processed-by "wit-component" "0.258.3")))"#,
    );
    assert_eq!(names(&inspection.languages), ["Go go1.26"]);
    assert_eq!(
        names(&inspection.tools),
        ["Go cmd/compile go1.26", "wit-component 0.258.3"]
    );
}

#[test]
fn a_core_module_is_recognised_with_what_can_become_of_it() {
    let core = build(&example_folder("rust-outbound-http"), "wasm32-wasip1")
        .join("rust_outbound_http.wasm");
    let inspection = inspect_file(core).unwrap();
    assert_eq!(inspection.form, Form::CoreModule);
    let spin = inspection
        .imports
        .iter()
        .find(|item| item.name == "fermyon:spin/http")
        .unwrap();
    assert_eq!(
        (spin.kind, &spin.functions[..]),
        (ItemKind::Namespace, &["send-request".to_owned()][..])
    );
    let Outlook::CoreModule {
        componentize_error: None,
        ..
    } = inspection.outlook
    else {
        panic!("{:?}", inspection.outlook);
    };
    let old = of_wat(
        r#"(module (import "wasi-outbound-http" "request" (func)) (import "env" "memory" (memory 1)))"#,
    );
    assert_eq!(names(&old.imports), ["wasi-outbound-http", "env.memory"]);
    let Outlook::CoreModule {
        core_abi_imports,
        componentize_error: Some(error),
        ..
    } = old.outlook
    else {
        panic!("{:?}", old.outlook);
    };
    assert_eq!(core_abi_imports, ["wasi-outbound-http"]);
    assert!(error.contains("core ABI"), "{error}");
}

#[test]
fn the_command_prints_for_people_and_for_programs() {
    let path = probe_path("rust_probe");
    let plain = ran(spin_harness().arg("inspect").arg(&path));
    assert_eq!(plain.code, Some(0), "{}", plain.stderr);
    for text in [
        "component, ",
        "  fermyon:spin/inbound-http\n",
        "spin       2.6 or later, by `wasi:",
        "harness    request, up\n",
        "custom \"producers\"\n",
        "100 %  the file\n",
    ] {
        assert!(plain.stdout.contains(text), "{text:?}: {}", plain.stdout);
    }
    let json = ran(spin_harness().arg("inspect").arg(&path).arg("--json"));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["form"], "component");
    assert_eq!(json["exports"][0]["functions"][0], "handle-request");
    assert_eq!(json["spin"]["verdict"], "releases");
    assert_eq!(json["spin"]["first"], "2.6");
    assert_eq!(json["harness"]["up"], true);
}

#[test]
fn names_in_a_file_cannot_drive_the_terminal() {
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
fn a_file_that_is_neither_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(probe_path("wire_probe")).unwrap();
    for (name, bytes, text) in [
        ("empty.wasm", &b""[..], "the file is empty"),
        ("text.wasm", b"hello", "not WebAssembly"),
        ("cut.wasm", &whole[..whole.len() / 2], "cut short"),
    ] {
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
            assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
            assert!(
                ran.stderr.contains(name) && ran.stderr.contains(text),
                "{}",
                ran.stderr
            );
        }
    }
    let error = inspect_file("no/such.wasm").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().starts_with("no/such.wasm: No such file"),
        "{error}"
    );
}
