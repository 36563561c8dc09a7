//! Core modules become components, or say why not.

use std::path::{Path, PathBuf};

use spin_harness::{ErrorKind, Limits, World, componentize};

use crate::support::spin_harness;
use test_support::command::{Ran, ran};
use test_support::guests::{build, builder, example_folder, get, run};

/// A reactor of the shape that Go writes: it counts its `_initialize`, and answers with that as the status.
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

/// The reactor with a piece of its text replaced.
#[track_caller]
fn reactor(piece: &str, replacement: &str) -> Vec<u8> {
    assert!(REACTOR.contains(piece), "{piece}");
    wat(&REACTOR.replace(piece, replacement))
}

pub(crate) fn rust_core() -> PathBuf {
    build(&example_folder("rust-outbound-http"), "wasm32-wasip1").join("rust_outbound_http.wasm")
}

#[track_caller]
pub(crate) fn check_error(core: &[u8], world: &World, kind: ErrorKind, texts: &[&str]) {
    let error = componentize(core, world).expect_err("it does not fit");
    assert_eq!(error.kind(), kind, "{error}");
    for text in texts {
        assert!(
            error.to_string().contains(text),
            "{text:?} is not in: {error}"
        );
    }
}

#[test]
fn a_reactor_is_initialized_once_and_answers() {
    for world in [World::FromModule, World::HttpTrigger] {
        let component = componentize(&wat(REACTOR), &world).unwrap();
        let harness = builder(Limits::default()).build().unwrap();
        let guest = harness.load(&component).unwrap().guest("reactor");
        for _ in 0..2 {
            assert_eq!(get(&guest, "/").unwrap().status(), 200, "{world:?}");
        }
    }
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
fn a_rust_program_of_wasip1_runs() {
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
    assert_eq!(same, ours, "the WIT that is built in is the repository's");
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
fn what_does_not_fit_the_world_is_named_all_at_once() {
    let handle = r#"(export "fermyon:spin/inbound-http#handle-request")"#;
    let parameters = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)";
    let cases: [(Vec<u8>, &[&str]); 10] = [
        (
            reactor(handle, r#"(export "other")"#),
            &[
                "world `http-trigger`",
                "handle-request`, a function (i32, i32",
                ") -> i32, is missing",
            ],
        ),
        (
            reactor(parameters, "(param i32) (result i32)"),
            &["handle-request` has the type (i32) -> i32, and the world wants (i32, i32"],
        ),
        (
            reactor("\"send-request\"", "\"send-requests\""),
            &["`fermyon:spin/http` `send-requests` is neither the world's nor of WASI preview 1"],
        ),
        (
            reactor(
                "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
                "(param i32)",
            ),
            &["`fermyon:spin/http` `send-request` has the type (i32), and the world has (i32, i32"],
        ),
        (
            reactor("\"clock_time_get\"", "\"clock_time_got\""),
            &["WASI preview 1 has no function `clock_time_got`"],
        ),
        (
            reactor(
                "\"fermyon:spin/http\" \"send-request\"",
                "\"wasi-outbound-http\" \"request\"",
            ),
            &["`wasi-outbound-http` `request` is of Spin 1.x's core ABI"],
        ),
        (
            reactor("\"cabi_realloc\"", "\"realloc\""),
            &["cabi_realloc"],
        ),
        (
            reactor("(memory (export \"memory\") 2)", "(memory 2)"),
            &["memory"],
        ),
        (
            reactor(
                handle,
                r#"(export "fermyon:spin/inbound-http#handle-request")
                   (export "wasi:http/incoming-handler@0.2.0#handle")"#,
            ),
            &["the world does not have the export `wasi:http/incoming-handler@0.2.0#handle`"],
        ),
        (
            wat(r#"(module (import "env" "a" (func)) (import "env" "m" (memory 1)))"#),
            &["handle-request`", "is missing", "`env` `a`", "`env` `m`"],
        ),
    ];
    for (core, texts) in cases {
        check_error(&core, &World::HttpTrigger, ErrorKind::InvalidModule, texts);
    }
}

#[test]
fn a_program_and_a_reactor_are_not_taken_for_each_other() {
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
fn a_module_that_embeds_its_world_keeps_it() {
    let core = std::fs::read(rust_core()).unwrap();
    let own = componentize(&core, &World::FromModule).unwrap();
    assert_eq!(componentize(&core, &World::HttpTrigger).unwrap(), own);
    let texts = &[
        "exports `fermyon:spin/inbound-http`",
        "`command` exports nothing",
    ];
    check_error(&core, &World::Command, ErrorKind::InvalidOption, texts);
}

#[test]
fn gos_allocator_must_not_share_memory_with_the_adapter() {
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
fn what_is_no_core_module_is_refused_by_its_kind() {
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

fn command(core: &Path, output: &Path, arguments: &[&str]) -> Ran {
    ran(spin_harness()
        .arg("componentize")
        .arg(core)
        .arg("-o")
        .arg(output)
        .args(arguments))
}

#[test]
fn the_command_writes_the_component_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("app.wasm");
    std::fs::write(&output, "an older file").unwrap();
    let done = command(&rust_core(), &output, &[]);
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
    assert_eq!(names.len(), 1, "no temporary file stays: {names:?}");
}

#[test]
fn the_command_leaves_the_old_file_when_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (core, output) = (
        folder.path().join("core.wasm"),
        folder.path().join("app.wasm"),
    );
    std::fs::write(&core, wat("(module)")).unwrap();
    std::fs::write(&output, "an older file").unwrap();
    let core_name = core.to_str().unwrap();
    let nowhere = folder.path().join("no/such/app.wasm");
    for (core, output, arguments, code, texts) in [
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
            &rust_core(),
            &output,
            &["--world", "command"],
            1,
            &["embeds a world"],
        ),
        (
            &rust_core(),
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
    ] {
        let failed = command(core, output, arguments);
        assert_eq!(failed.code, Some(code), "{arguments:?}: {}", failed.stderr);
        for text in texts {
            assert!(failed.stderr.contains(text), "{text}: {}", failed.stderr);
        }
    }
    assert_eq!(std::fs::read_to_string(output).unwrap(), "an older file");
}
