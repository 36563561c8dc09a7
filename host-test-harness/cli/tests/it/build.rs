//! `spin-harness build`, with a fake `go`. The tests of the Go examples test real components.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::spin_harness;
use test_support::command::{Ran, ran};

/// Runs `spin-harness build` with `script` as the command `go`.
fn build(folder: &Path, script: &str, arguments: &[&str]) -> Ran {
    let path = tempfile::tempdir().unwrap();
    let go = path.path().join("go");
    fs::write(&go, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
    ran(spin_harness()
        .arg("build")
        .arg(folder)
        .args(arguments)
        .env("PATH", format!("{}:/usr/bin:/bin", path.path().display())))
}

fn module() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("go.mod"), "module app\n").unwrap();
    folder
}

#[test]
fn go_runs_in_the_folder_for_wasip1_with_the_additional_arguments() {
    let folder = module();
    let script = "echo \"$GOOS $GOARCH $PWD $*\" >&2; exit 1";
    let ran = build(folder.path(), script, &["--", "-tags", "x"]);
    let seen = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("wasip1 wasm "));
    let seen = seen.unwrap_or_else(|| panic!("{}", ran.stderr));
    let real = folder.path().canonicalize().unwrap();
    let start = format!(
        "wasip1 wasm {} build -buildmode=c-shared -ldflags=-s -w -o ",
        real.display()
    );
    assert!(seen.starts_with(&start), "{seen}");
    assert!(seen.ends_with("core.wasm -tags x ."), "{seen}");
}

#[test]
fn a_program_with_the_sdk_is_built_with_its_replacements_of_the_standard_library() {
    let folder = module();
    let script = "case $1 in \
        list) printf 'net=/go/src/net\\nnet/http=/go/src/net/http\\nspin.test/spinhttp/internal/nethttp=/sdk\\n';; \
        env) printf '/go\\n/modules\\n';; \
        *) cat \"${6#-overlay=}\" >&2; exit 1;; \
        esac";
    let ran = build(folder.path(), script, &[]);
    for text in [
        "\"/go/src/net/http/roundtrip.go\":\"/sdk/roundtrip.go.txt\"",
        "\"/go/src/net/hook.go\":\"/sdk/hook.go.txt\"",
    ] {
        assert!(ran.stderr.contains(text), "{text} in {}", ran.stderr);
    }
}

#[test]
fn a_go_in_the_cache_of_modules_is_used_through_a_link() {
    let folder = module();
    let goroot = tempfile::tempdir().unwrap();
    let root = goroot.path().display();
    fs::create_dir(goroot.path().join("bin")).unwrap();
    let go = goroot.path().join("bin/go");
    fs::write(&go, "#!/bin/sh\ncat \"${6#-overlay=}\" >&2; exit 1\n").unwrap();
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!(
        "case $1 in \
        list) printf 'net={root}/src/net\\nspin.test/spinhttp/internal/nethttp=/sdk\\n';; \
        env) printf '{root}\\n{root}\\n';; \
        *) exit 1;; \
        esac"
    );
    let ran = build(folder.path(), &script, &[]);
    assert!(
        ran.stderr.contains("/goroot/src/net/hook.go\":"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains(&format!("{root}/src")),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_failed_build_exits_1_and_names_the_step() {
    let no_core = "shift 4; echo no module > $1";
    for (script, text) in [
        ("exit 3", "`go build` failed: exit status: 3"),
        ("exit 0", "wrote no output file; the package must be `main`"),
        (no_core, "core.wasm: "),
    ] {
        let folder = module();
        let ran = build(folder.path(), script, &[]);
        assert_eq!(ran.code, Some(1), "{script}: {}", ran.stderr);
        assert!(ran.stderr.contains(text), "{text} in {}", ran.stderr);
        assert!(!folder.path().join("app.wasm").exists());
    }
    let folder = module();
    let ran = ran(spin_harness()
        .arg("build")
        .arg(folder.path())
        .env("PATH", "/nowhere"));
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("cannot run `go`") && ran.stderr.contains("install Go 1.24"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_folder_outside_a_go_module_exits_2_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for (folder, text) in [
        (folder.path(), "no go.mod here"),
        (missing.as_path(), "No such file"),
    ] {
        let ran = build(folder, "exit 0", &[]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(text), "{text} in {}", ran.stderr);
        assert!(
            ran.stderr.contains(folder.to_str().unwrap()),
            "{}",
            ran.stderr
        );
    }
}
