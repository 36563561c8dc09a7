//! `inspect` describes components and core modules.

use spin_harness::{
    Compatibility, ErrorKind, HarnessSupport, Inspection, ItemKind, SpinSupport, WasiSupport,
    WasmKind, World, componentize_file, inspect, inspect_file,
};

use test_support::guests::{build, example_folder, probe_path};
use test_support::table::check_rows;

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
fn compatibility(inspection: &Inspection) -> (&SpinSupport, &HarnessSupport) {
    match &inspection.compatibility {
        Compatibility::Component { spin, harness, .. } => (spin, harness),
        Compatibility::CoreModule { .. } => panic!("{inspection:?}"),
    }
}

fn names<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// Checks that every byte is counted once.
#[track_caller]
fn check_sizes(inspection: &Inspection, n_bytes: usize) {
    for module in &inspection.modules {
        let sum: u64 = module.sections.iter().map(|section| section.bytes).sum();
        assert_eq!(module.bytes, sum, "{module:?}");
    }
    let sum: u64 = inspection.modules.iter().map(|module| module.bytes).sum();
    assert_eq!((inspection.bytes, sum), (n_bytes as u64, n_bytes as u64));
}

#[test]
fn a_guest_of_the_rust_sdk_runs_in_the_harness_and_in_spin() {
    let inspection = inspect_file(probe_path("rust_probe")).unwrap();
    assert_eq!(inspection.kind, WasmKind::Component);
    assert_eq!(names(&inspection.exports), ["fermyon:spin/inbound-http"]);
    assert!(names(&inspection.imports).contains(&"fermyon:spin/http".to_owned()));
    let (spin, harness) = compatibility(&inspection);
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
    let module_names: Vec<_> = inspection
        .modules
        .iter()
        .filter_map(|module| module.name.as_deref())
        .collect();
    assert!(module_names.contains(&"main"), "{module_names:?}");
    let nested = "(component (component (core module (func)) (component)) (core module))";
    let bytes = wat::parse_str(nested).unwrap();
    check_sizes(&inspect(&bytes).unwrap(), bytes.len());
    assert_eq!(
        names(&depths(&inspect(&bytes).unwrap())),
        ["0", "1", "2", "2", "1"]
    );
}

fn depths(inspection: &Inspection) -> Vec<u32> {
    inspection
        .modules
        .iter()
        .map(|module| module.depth)
        .collect()
}

#[test]
fn spin_releases_follow_from_imports_and_exports() {
    let spin_http = "fermyon:spin/inbound-http";
    let rows = [
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
            "none: `wasi:http/handler@0.3.0-rc-2025-09-16` needs Spin 3.5 or older, but \
             `spin:variables/variables@3.0.0` needs Spin 4.0 or newer",
        ),
        (
            &["acme:a/b@1.0.0", "log:x/y"],
            &[spin_http],
            "unknown: acme:a/b@1.0.0, log:x/y",
        ),
    ];
    check_rows(rows, |(imports, exports, want)| {
        let inspection = component(imports, exports);
        let got = match compatibility(&inspection).0 {
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
        assert_eq!(got, *want);
    });
}

#[test]
fn spin_cannot_run_a_component_without_a_trigger_export() {
    for (exports, text) in [
        (&[][..], "no export that a Spin trigger calls"),
        (&["wasi:cli/run@0.2.6"], "it is a program"),
    ] {
        let inspection = component(&[], exports);
        let SpinSupport::None { reason, .. } = compatibility(&inspection).0 else {
            panic!("{inspection:?}");
        };
        assert!(reason.contains(text), "{reason}");
    }
}

#[test]
fn the_commands_that_can_run_a_component_and_its_missing_imports_are_listed() {
    let program = component(
        &["wasi:cli/exit@0.2.6", "fermyon:spin/http"],
        &["wasi:cli/run@0.2.6"],
    );
    let (_, harness) = compatibility(&program);
    assert!(
        harness.run && !harness.request && !harness.up,
        "{harness:?}"
    );
    assert_eq!(harness.missing_imports, Vec::<String>::new());
    let missing = [
        "wasi:http/outgoing-handler@0.2.0-rc-2023-11-10",
        "fermyon:spin/sqlite",
        "wasi:http/handler@0.3.0",
        "wasi:cli/exit@0.3.0-rc-2026-03-15",
    ];
    let service = component(
        &missing,
        &["wasi:cli/run@0.3.0", "fermyon:spin/inbound-http"],
    );
    let (_, harness) = compatibility(&service);
    assert!(harness.request && harness.up && !harness.run, "{harness:?}");
    assert_eq!(harness.missing_imports, missing);
}

#[test]
fn hosts_of_wasi_run_a_component_that_imports_nothing_else() {
    let wasi = |imports: &[&str], exports: &[&str]| match component(imports, exports).compatibility
    {
        Compatibility::Component { wasi, .. } => wasi,
        Compatibility::CoreModule { .. } => panic!("it is a component"),
    };
    let (io, call) = ("wasi:io/poll@0.2.6", "wasi:http/outgoing-handler@0.2.0");
    let (http, command) = ("wasi:http/incoming-handler@0.2.0", "wasi:cli/run@0.2.3");
    assert_eq!(wasi(&[io, call], &[http]), WasiSupport::Http);
    assert_eq!(wasi(&[io, call], &[command]), WasiSupport::Command);
    let rows: [(&[&str], &str, &str); 4] = [
        (
            &[io],
            "fermyon:spin/inbound-http",
            "it exports neither `wasi:http/incoming-handler` nor `wasi:cli/run` of WASI 0.2",
        ),
        (
            &[io],
            "wasi:http/incoming-handler@0.3.0",
            "it exports neither `wasi:http/incoming-handler` nor `wasi:cli/run` of WASI 0.2",
        ),
        (
            &[io, "fermyon:spin/variables@2.0.0", "wasi:http/client@0.3.0"],
            http,
            "WASI 0.2 has not `fermyon:spin/variables@2.0.0`, `wasi:http/client@0.3.0`",
        ),
        (
            &["wasi:config/store@0.2.0-draft"],
            http,
            "WASI 0.2 has not `wasi:config/store@0.2.0-draft`",
        ),
    ];
    check_rows(rows, |(imports, export, want)| {
        let got = wasi(imports, &[export]);
        let WasiSupport::None { reason, .. } = got else {
            panic!("{got:?}");
        };
        assert_eq!(reason, *want);
    });
}

#[test]
fn wasi_http_releases_run_and_release_candidates_get_advice_to_rebuild() {
    for (import, export) in [
        (
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:http/incoming-handler@0.2.3",
        ),
        ("wasi:http/client@0.3.0", "wasi:http/handler@0.3.1"),
    ] {
        let service = component(&[import, "fermyon:spin/http"], &[export]);
        let (_, harness) = compatibility(&service);
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
        let (_, harness) = compatibility(&inspection);
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
fn functions_and_types_outside_interfaces_are_listed() {
    let inspection = of_wat(
        r#"(component
             (import "log" (func $log (param "text" string)))
             (import "level" (type (sub resource)))
             (export "shout" (func $log)))"#,
    );
    let kinds: Vec<_> = inspection.imports.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [ItemKind::Function, ItemKind::Type]);
    assert_eq!(names(&inspection.exports), ["shout"]);
    assert_eq!(compatibility(&inspection).1.missing_imports, ["log"]);
}

#[test]
fn language_and_tools_are_those_of_the_largest_core_module() {
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
fn a_core_module_that_can_be_componentized_is_described() {
    let core = build(&example_folder("rust-outbound-http"), "wasm32-wasip1")
        .join("rust_outbound_http.wasm");
    let inspection = inspect_file(core).unwrap();
    assert_eq!(inspection.kind, WasmKind::CoreModule);
    let spin = inspection
        .imports
        .iter()
        .find(|item| item.name == "fermyon:spin/http")
        .unwrap();
    assert_eq!(
        (spin.kind, &spin.functions[..]),
        (ItemKind::Namespace, &["send-request".to_owned()][..])
    );
    let Compatibility::CoreModule {
        componentize_error: None,
        harness: Some(harness),
        ..
    } = inspection.compatibility
    else {
        panic!("{:?}", inspection.compatibility);
    };
    assert!(harness.request && harness.up && !harness.run, "{harness:?}");
}

#[test]
fn a_core_module_of_the_core_abi_is_described() {
    let inspection = of_wat(
        r#"(module (import "wasi-outbound-http" "request" (func)) (import "env" "memory" (memory 1)))"#,
    );
    assert_eq!(
        names(&inspection.imports),
        ["wasi-outbound-http", "env.memory"]
    );
    let Compatibility::CoreModule {
        core_abi_imports,
        componentize_error: Some(error),
        harness: None,
        ..
    } = inspection.compatibility
    else {
        panic!("{:?}", inspection.compatibility);
    };
    assert_eq!(core_abi_imports, ["wasi-outbound-http"]);
    assert!(error.contains("core ABI"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_io_error_with_its_name() {
    let error = inspect_file("no/such.wasm").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().starts_with("no/such.wasm: No such file"),
        "{error}"
    );
}
