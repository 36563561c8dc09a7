//! `componentize` makes components of core modules, or reports every mismatch.

use std::path::{Path, PathBuf};

use spin_harness::{ErrorKind, Limits, World, componentize, inspect};

use test_support::golden::assert_golden;
use test_support::guests::{build, builder, example_folder, get, run};
use test_support::table::check_rows;

/// A reactor like those of Go. It responds with the status 200 if `_initialize` ran once, 400 if it ran twice.
pub(crate) const REACTOR: &str = r#"
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (import "fermyon:spin/http" "send-request" (func $send
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $initialized (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 65536))
  (func (export "_initialize")
    (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 1024)))
    (global.set $initialized (i32.add (global.get $initialized) (i32.const 200))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))
    (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow (i32.const 2))))))
  (func (export "fermyon:spin/inbound-http#handle-request")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store16 (i32.const 0) (global.get $initialized))
    (i32.const 0))
  (func (export "cabi_post_fermyon:spin/inbound-http#handle-request") (param i32)))
"#;

pub(crate) fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// [`REACTOR`] with a piece of its text replaced.
#[track_caller]
fn reactor(piece: &str, replacement: &str) -> Vec<u8> {
    assert!(REACTOR.contains(piece), "{piece}");
    wat(&REACTOR.replace(piece, replacement))
}

/// A core module that embeds its world.
pub(crate) fn rust_core() -> PathBuf {
    build(&example_folder("rust-outbound-http"), "wasm32-wasip1").join("rust_outbound_http.wasm")
}

#[track_caller]
pub(crate) fn check_error(core: &[u8], world: &World, kind: ErrorKind, texts: &[&str]) {
    let error = componentize(core, world).expect_err("the module does not fit");
    assert_eq!(error.kind(), kind, "{error}");
    for text in texts {
        assert!(
            error.to_string().contains(text),
            "{text:?} is not in: {error}"
        );
    }
}

#[test]
fn a_reactor_is_initialized_once_per_instance() {
    for world in [World::FromModule, World::HttpTrigger] {
        let component = componentize(&wat(REACTOR), &world).unwrap();
        let harness = builder(Limits::default()).build().unwrap();
        let guest = harness.load(&component).unwrap().guest("reactor");
        for _ in 0..2 {
            assert_eq!(get(&guest, "/").unwrap().status(), 200, "{world:?}");
        }
    }
}

/// `get` returns a `result<string, error>`: its discriminant, the one of the error, and a string.
#[test]
fn a_component_imports_variables_only_if_its_module_does() {
    let with_variables = reactor(
        "(memory (export",
        r#"(import "fermyon:spin/variables@2.0.0" "get" (func (param i32 i32 i32))) (memory (export"#,
    );
    let rows = [(wat(REACTOR), false), (with_variables, true)];
    check_rows(rows, |(core, imports_variables)| {
        let component = componentize(core, &World::FromModule).unwrap();
        let inspection = inspect(&component).unwrap();
        let imports = inspection.imports.iter();
        let got = imports.filter(|item| item.name.starts_with("fermyon:spin/variables"));
        assert_eq!(got.count(), usize::from(*imports_variables));
    });
}

#[test]
fn a_program_runs_with_its_own_exit_code() {
    let core = wat(r#"
      (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 1))))
    "#);
    for world in [World::FromModule, World::Command] {
        let component = componentize(&core, &world).unwrap();
        let harness = builder(Limits::default()).build().unwrap();
        let guest = harness.load(&component).unwrap().guest("program");
        assert_eq!(run(&guest, &[]).unwrap(), 1, "{world:?}");
    }
}

#[test]
fn a_rust_program_for_wasip1_runs() {
    let core = build(&example_folder("rust-command"), "wasm32-wasip1").join("rust-command.wasm");
    let component = componentize(&std::fs::read(core).unwrap(), &World::Command).unwrap();
    let harness = builder(Limits::default()).build().unwrap();
    let guest = harness.load(&component).unwrap().guest("program");
    assert_eq!(run(&guest, &["https://denied.test/"]).unwrap(), 1);
}

#[test]
fn a_world_of_another_package_is_read_from_its_folder() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let world = |path: &Path, name: Option<&str>| World::Package {
        path: path.to_owned(),
        world: name.map(str::to_owned),
    };
    let core = wat(REACTOR);
    let ours = componentize(&core, &World::HttpTrigger).unwrap();
    let same = componentize(&core, &world(&wit, Some("http-trigger"))).unwrap();
    assert_eq!(same, ours, "the built-in WIT is the repository's");
    let option = ErrorKind::InvalidOption;
    check_error(&core, &world(&wit, None), option, &["wit", "worlds"]);
    check_error(&core, &world(&wit, Some("nope")), option, &["nope"]);
    check_error(
        &core,
        &world(Path::new("no/such"), None),
        option,
        &["no/such"],
    );
}

#[test]
fn every_mismatch_with_the_world_is_reported() {
    let handle = r#"(export "fermyon:spin/inbound-http#handle-request")"#;
    let handle_type = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)";
    let send_type = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";
    let send = r#""fermyon:spin/http" "send-request""#;
    let cases = [
        (
            "the handler is missing",
            reactor(handle, r#"(export "other")"#),
        ),
        (
            "the handler has another type",
            reactor(handle_type, "(param i32) (result i32)"),
        ),
        (
            "an import is not in the world",
            reactor("\"send-request\"", "\"send-requests\""),
        ),
        (
            "an import has another type",
            reactor(send_type, "(param i32)"),
        ),
        (
            "an import is not in WASI preview 1",
            reactor("\"clock_time_get\"", "\"clock_time_got\""),
        ),
        (
            "an import belongs to the core ABI of Spin 1.x",
            reactor(send, r#""wasi-outbound-http" "request""#),
        ),
        (
            "`cabi_realloc` is missing",
            reactor("\"cabi_realloc\"", "\"realloc\""),
        ),
        (
            "the memory is not exported",
            reactor("(memory (export \"memory\") 2)", "(memory 2)"),
        ),
        (
            "an export is not in the world",
            reactor(
                handle,
                &format!(r#"{handle} (export "wasi:http/incoming-handler@0.2.0#handle")"#),
            ),
        ),
        (
            "several mismatches",
            wat(r#"(module (import "env" "a" (func)) (import "env" "m" (memory 1)))"#),
        ),
        (
            "control characters in a name",
            wat(r#"(module (import "env" "\1b[31m\nb" (func)))"#),
        ),
    ];
    let mut report = String::new();
    for (case, core) in cases {
        let error = componentize(&core, &World::HttpTrigger).expect_err(case);
        assert_eq!(error.kind(), ErrorKind::InvalidModule, "{case}: {error}");
        report += &format!("# {case}\n{error}\n\n");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/componentize.txt");
    assert_golden(&golden, &report);
}

#[test]
fn a_program_does_not_fit_a_reactor_world_nor_a_reactor_the_command_world() {
    let module = ErrorKind::InvalidModule;
    check_error(
        &wat(REACTOR),
        &World::Command,
        module,
        &["`_start` is missing"],
    );
    let program = wat(r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    let hints = &["handle-request`", "is a program", "-buildmode=c-shared"];
    check_error(&program, &World::HttpTrigger, module, hints);
}

#[test]
fn an_embedded_world_takes_precedence() {
    let core = std::fs::read(rust_core()).unwrap();
    let embedded = componentize(&core, &World::FromModule).unwrap();
    assert_eq!(componentize(&core, &World::HttpTrigger).unwrap(), embedded);
    let texts = &[
        "exports `fermyon:spin/inbound-http`",
        "`command` exports nothing",
    ];
    check_error(&core, &World::Command, ErrorKind::InvalidOption, texts);
}

#[test]
fn a_go_module_needs_cabi_realloc() {
    let go = |realloc: &str| {
        wat(&format!(
            r#"(module
                 (@producers (language "Go" "go1.26"))
                 (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
                 (memory (export "memory") 1)
                 (func (export "_start"))
                 (func (export "{realloc}") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))"#
        ))
    };
    componentize(&go("cabi_realloc"), &World::Command).unwrap();
    let texts = &["`cabi_realloc` is missing", "Go's allocator"];
    check_error(
        &go("realloc"),
        &World::Command,
        ErrorKind::InvalidModule,
        texts,
    );
}

#[test]
fn files_that_are_not_core_modules_are_rejected() {
    let module = ErrorKind::InvalidModule;
    let component = componentize(&wat(REACTOR), &World::HttpTrigger).unwrap();
    check_error(
        &component,
        &World::FromModule,
        module,
        &["a component already"],
    );
    check_error(b"", &World::FromModule, module, &["the file is empty"]);
    check_error(b"GIF89a", &World::FromModule, module, &["not WebAssembly"]);
    check_error(
        b"\0asm\x02\0\0\0",
        &World::FromModule,
        module,
        &["unknown version"],
    );
    check_error(b"\0asm", &World::FromModule, module, &["cut short"]);
}
