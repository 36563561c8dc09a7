//! Applications as Spin developers have them: variables from files, static responses, components from elsewhere,
//! key-value stores; and commands that take a component from a manifest.

use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};

use tempfile::TempDir;

use crate::support::spin_harness;
use crate::support::up::{PATIENCE, up, up_command};
use test_support::application::{folder, write_manifest};
use test_support::command::{Ran, ran};
use test_support::guests::probe_path;
use test_support::table::check_rows;

/// An application whose one component reads variables and uses key-value stores.
const SERVICES: &str = "[component.front]
source = \"SERVICES\"
variables = { token = \"{{ token }}\", host = \"{{ host }}\" }
key_value_stores = [\"default\"]
[variables]
token = { default = \"from the manifest\" }
host = { default = \"from the manifest\" }
";

fn services() -> TempDir {
    folder(&[("/...", "front")], SERVICES)
}

fn folder_with_required_token() -> TempDir {
    let default = "token = { default = \"from the manifest\" }";
    folder(
        &[("/...", "front")],
        &SERVICES.replace(default, "token = { required = true }"),
    )
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}

fn harness(arguments: &[&str]) -> Ran {
    let mut command = spin_harness();
    command.args(arguments);
    ran(&mut command)
}

#[test]
fn up_reads_variables_from_flags_files_the_environment_and_the_file_env() {
    let folder = services();
    write(folder.path(), ".env", "SPIN_VARIABLE_TOKEN=from-env-file\n");
    let json = write(
        folder.path(),
        "v.json",
        "\u{feff}{ \"token\": \"from JSON\", \"host\": \"from JSON\" }",
    );
    let toml = write(folder.path(), "v.toml", "\u{feff}token = \"from TOML\"\n");
    let (json, toml) = (format!("@{json}"), format!("@{toml}"));
    let rows: [(&[&str], [&str; 2]); 5] = [
        (&[], ["from-env-file", "from the manifest"]),
        (&["--variable", &json], ["from JSON", "from JSON"]),
        (
            &["--variable", &json, "--variable", &toml],
            ["from TOML", "from JSON"],
        ),
        (
            &["--variable", &toml, "--variable", "token=from the flag"],
            ["from the flag", "from the manifest"],
        ),
        (&["--variable", "host="], ["from-env-file", ""]),
    ];
    check_rows(rows, |(arguments, [token, host])| {
        let up = up(folder.path(), 1, arguments);
        for (name, want) in [("token", token), ("host", host)] {
            let got = up.get(&format!("/variables?{name}"));
            assert!(got.contains(&format!("variables Ok({want:?})")), "{got}");
        }
    });
}

#[test]
fn a_variable_that_cannot_be_used_is_named_with_the_way_out() {
    let folder = services();
    let path = folder.path().to_str().unwrap();
    let unknown = harness(&["request", "-f", path, "--variable", "tokn=1", "/"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    let want = "--variable tokn: unknown variable; did you mean `token`? ";
    assert!(unknown.stderr.contains(want), "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("has: host, token"),
        "{}",
        unknown.stderr
    );

    let required = folder_with_required_token();
    let path = required.path().to_str().unwrap();
    for (arguments, code, want) in [
        (
            vec!["request", "-f", path, "--variable", "tokn=1", "/"],
            2,
            "--variable tokn: unknown variable; did you mean `token`? ",
        ),
        (
            vec!["request", "-f", path, "/"],
            1,
            "no value; set it with `--variable token=VALUE`, or set `SPIN_VARIABLE_TOKEN` in the environment or in the \
             file `.env`",
        ),
    ] {
        let got = harness(&arguments);
        assert_eq!(got.code, Some(code), "{}", got.stderr);
        assert!(got.stderr.contains(want), "{}", got.stderr);
    }

    let path = folder.path().to_str().unwrap();
    let not_utf8 = std::ffi::OsStr::from_bytes(b"\xff");
    let request = || {
        let mut command = spin_harness();
        command.args(["request", "-f", path]);
        command.env("SPIN_VARIABLE_TOKEN", not_utf8);
        command
    };
    let failed = ran(request().arg("/variables?token"));
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    let want = "the environment variable `SPIN_VARIABLE_TOKEN` is not UTF-8";
    assert!(failed.stderr.contains(want), "{}", failed.stderr);
    let overridden = ran(request().args(["--variable", "token=7", "/variables?token"]));
    assert!(
        overridden.stdout.contains("variables Ok(\"7\")"),
        "{}",
        overridden.stderr
    );
}

#[test]
fn a_folder_of_builds_that_does_not_exist_is_named() {
    let folder = folder(
        &[("/...", "front")],
        "[component.front]\nsource = \"SERVICES\"\nbuild = { command = \"true\", workdir = \"none\" }\n",
    );
    let path = folder.path().to_str().unwrap();
    let ran = harness(&["up", path, "--build", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for text in [
        "component `front`: the folder ",
        "/none of `build.workdir` does not exist",
    ] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
}

#[test]
fn request_and_run_take_a_file_in_place_of_a_components_source() {
    let folder = folder(
        &[("/...", "front")],
        "[component.front]\nsource = { url = \"https://a.test/a.wasm\", digest = \"sha256:0\" }\n",
    );
    let path = folder.path().to_str().unwrap();
    let file = format!("front={}", probe_path("wire_probe").display());
    let ran = harness(&[
        "request",
        "--manifest",
        path,
        "--component-file",
        &file,
        "/echo",
    ]);
    assert!(ran.stdout.contains("Method::Get /echo"), "{}", ran.stderr);
    let ran = harness(&[
        "request",
        "--manifest",
        path,
        "--component",
        "front",
        "--component-file",
        &file,
        "/echo",
    ]);
    assert!(ran.stdout.contains("Method::Get /echo"), "{}", ran.stderr);
}

#[test]
fn a_file_of_variables_that_cannot_be_used_is_named_without_its_values() {
    let folder = services();
    let at = |name, text: &str| format!("@{}", write(folder.path(), name, text));
    let rows = [
        (
            at("a.json", "{\n\"token\": [\"hunter2\"]}"),
            "a.json: line 2, column",
        ),
        (at("b.json", "hunter2"), "b.json: line 1, column"),
        (
            at("a.toml", "a = \"b\"\ntoken = [\"hunter2\"]\n"),
            "a.toml: line 2: expected a table of strings",
        ),
        (
            at("b.toml", "a = \"b\"\n\n[token]\nhunter2 = 1\n"),
            "b.toml: line 3: expected a table of strings",
        ),
        (
            at("a.yaml", "token: hunter2"),
            "expected a file named *.json or *.toml",
        ),
        ("@no/such.json".to_owned(), "no/such.json: No such file"),
    ];
    let path = folder.path().to_str().unwrap();
    check_rows(rows, |(variable, want)| {
        let ran = harness(&["request", "--manifest", path, "--variable", variable, "/"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(want), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    });
}

#[test]
fn up_serves_static_responses() {
    let folder = folder(
        &[("/...", "front")],
        "[component.front]
source = \"COMPONENT\"
[[trigger.http]]
route = \"/old/...\"
static_response = { status_code = 302, headers = { location = \"/spin/\" } }
[[trigger.http]]
route = \"/health\"
static_response = { body = \"healthy\" }
",
    );
    let mut up = up(folder.path(), 3, &[]);
    let shown = format!("  http://{}/health -> static response", up.address);
    assert!(up.stdout.contains(&shown), "{:?}", up.stdout);
    let got = up.get("/health");
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.contains("content-length: 7\r\n"), "{got}");
    assert!(got.ends_with("\r\n\r\nhealthy"), "{got}");
    up.line(&["INFO", "route=\"/health\"", "status=200"]);
    let got = up.get("/old/a");
    assert!(got.starts_with("HTTP/1.1 302 Found\r\n"), "{got}");
    assert!(got.contains("location: /spin/\r\n"), "{got}");
    assert!(
        up.get("/echo").contains("Method::Get /echo"),
        "the component"
    );
}

#[test]
fn up_runs_an_application_with_a_component_from_elsewhere() {
    const REMOTE: &str = "[component.front]
source = \"COMPONENT\"
[component.files]
source = { url = \"https://a.test/files.wasm\", digest = \"sha256:1\" }
";
    let folder = folder(&[("/...", "front"), ("/files/...", "files")], REMOTE);
    let path = folder.path().to_str().unwrap();
    let ran = harness(&["up", "-f", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("component.files.source: the harness does not download components")
            && ran.stderr.contains("`up --component-file files=FILE`"),
        "{}",
        ran.stderr
    );

    let up = up(folder.path(), 1, &["--component", "front"]);
    // The component at `/...` responds with the path.
    assert!(up.get("/files/a").ends_with("\r\n\r\n/files/a"));
    drop(up);

    let file = probe_path("wire_probe");
    let replaced = format!("files={}", file.display());
    let up = crate::support::up::up(folder.path(), 2, &["--component-file", &replaced]);
    assert!(up.get("/files/echo").ends_with("\r\n\r\n/files/echo"));

    let ran = harness(&[
        "up",
        "-f",
        path,
        "--component-file",
        "none=a.wasm",
        "--listen",
        "127.0.0.1:0",
    ]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("--component-file none: unknown component")
            && ran.stderr.contains("front, files"),
        "{}",
        ran.stderr
    );
}

#[test]
fn up_has_key_value_stores_that_survive_a_reload() {
    let folder = services();
    let mut up = up(folder.path(), 1, &["--watch", "--key-value", "kept=1"]);
    up.line(&["INFO", "the key-value stores are in memory"]);
    let want = "1 keys Ok([\"kept\"])";
    let got = up.get("/key-value?default");
    assert!(got.contains(want), "{got}");
    write_manifest(folder.path(), &[("/a/...", "front")], SERVICES);
    up.line(&["INFO", "reloaded"]);
    let got = up.get("/a/key-value?default");
    assert!(got.contains("unknown path /a/key-value"), "{got}");
    write_manifest(folder.path(), &[("/...", "front")], SERVICES);
    up.line(&["INFO", "reloaded"]);
    let got = up.get("/key-value?default");
    assert!(got.contains(want), "{got}");
}

#[test]
fn request_takes_everything_from_a_manifest() {
    let folder = services();
    let path = folder.path().to_str().unwrap();
    let probe = probe_path("wire_probe");
    let probe = probe.to_str().unwrap();
    let rows: [(&[&str], &str); 6] = [
        (
            &["--manifest", path, "/variables?token"],
            "variables Ok(\"from the manifest\")",
        ),
        (
            &[
                "--manifest",
                path,
                "--variable",
                "token=7",
                "/variables?token",
            ],
            "variables Ok(\"7\")",
        ),
        (
            &[
                "--manifest",
                path,
                "--component",
                "front",
                "/key-value?default",
            ],
            "2 get Ok(Some([50]))",
        ),
        (
            &[
                "--manifest",
                path,
                "--key-value",
                "a=1",
                "/key-value?default",
            ],
            "1 keys Ok([\"a\"])",
        ),
        // The file replaces that of the manifest.
        (&["--manifest", path, probe, "/echo"], "Method::Get /echo"),
        (&[probe, "/echo"], "Method::Get /echo"),
    ];
    check_rows(rows, |(arguments, want)| {
        let ran = harness(&[&["request"], *arguments].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.contains(want), "{}", ran.stdout);
    });
}

#[test]
fn a_component_without_a_manifest_has_the_variables_and_keys_of_the_flags() {
    let services = probe_path("services_probe");
    let services = services.to_str().unwrap();
    let flags = ["--variable", "token=7", "--key-value", "a=1"];
    for (path, want) in [
        ("/variables?token", "variables Ok(\"7\")"),
        ("/key-value?default", "1 keys Ok([\"a\"])"),
        ("/key-value?other", "1 open Error::AccessDenied"),
    ] {
        let ran = harness(&[&["request", services, path], &flags[..]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.contains(want), "{}", ran.stdout);
    }
}

#[test]
fn request_without_a_component_or_a_uri_says_what_it_expects() {
    for arguments in [&["request", "app.wasm"][..], &["request", "a", "b", "c"]] {
        let ran = harness(arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    }
    let ran = harness(&["request", "app.wasm"]);
    assert!(
        ran.stderr
            .contains("missing URI: add it after the component `app.wasm`"),
        "{}",
        ran.stderr
    );
    let ran = harness(&["request", "app.wasm", "ftp://a"]);
    assert!(
        ran.stderr.contains("invalid URI `ftp://a`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn policy_reads_the_permissions_of_a_manifest() {
    let folder = folder(
        &[("/...", "front"), ("/back/...", "back")],
        "[component.front]
source = \"COMPONENT\"
allowed_outbound_hosts = [\"https://{{ host }}\", \"http://api.test:80\"]
[component.back]
source = \"no/such.wasm\"
allowed_outbound_hosts = [\"*://*:*\"]
[variables]
host = { default = \"api.test\" }
",
    );
    let path = folder.path().to_str().unwrap();
    let front = ["--manifest", path, "--component", "front"];
    let back = ["--manifest", path, "--component", "back"];
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str], i32, &'a str);
    let rows: [Row<'_>; 6] = [
        (
            "check",
            &front,
            &["https://api.test/"],
            0,
            "allowed by `https://{{ host }}`",
        ),
        (
            "check",
            &front,
            &["--variable", "host=b.test", "https://api.test/"],
            1,
            "",
        ),
        (
            "check",
            &front,
            &["--allow-http-host", "c.test", "http://c.test/"],
            0,
            "`c.test`",
        ),
        ("check", &back, &["http://any.test/"], 0, "`*://*:*`"),
        ("lint", &back, &[], 1, "`*://*:*`"),
        ("explain", &front, &[], 0, "https://{{ host }}"),
    ];
    check_rows(rows, |(command, component, rest, code, want)| {
        let ran = harness(&[&["policy", *command], *component, *rest].concat());
        assert_eq!(ran.code, Some(*code), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(want), "{}", ran.stdout);
    });
}

#[test]
fn up_builds_the_components_and_builds_them_again_when_a_source_changes() {
    let source = probe_path("services_probe");
    let rest = format!(
        "[component.front]
source = \"built/app.wasm\"
[component.front.build]
command = [\"mkdir -p built && cat '{}' > built/app.wasm\", \"cp src/version.txt built/version.txt; echo built\"]
watch = [\"src/**/*.txt\"]
[component.back]
source = \"no/such.wasm\"
build.command = \"false\"
",
        source.display()
    );
    let folder = folder(&[("/...", "front"), ("/back", "back")], &rest);
    std::fs::create_dir(folder.path().join("src")).unwrap();
    write(folder.path(), "src/version.txt", "1");
    let path = folder.path().to_str().unwrap();

    let ran = harness(&["up", "-f", path, "--build", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let want = "component `back`: the build command `false` in ";
    assert!(ran.stderr.contains(want), "{}", ran.stderr);

    let arguments = ["--build", "--watch", "--component", "front"];
    let mut up = up(folder.path(), 1, &arguments);
    up.line(&["INFO", "building: cp src/version.txt"]);
    up.line(&["built"]);
    assert!(up.get("/variables?none").contains("wasi:config Ok(None)"));
    write(folder.path(), "src/version.txt", "22");
    up.line(&["INFO", "building: cp src/version.txt"]);
    up.line(&["INFO", "reloaded"]);
    let version = std::fs::read_to_string(folder.path().join("built/version.txt")).unwrap();
    assert_eq!(version, "22");
    std::fs::create_dir(folder.path().join("src/deep")).unwrap();
    write(folder.path(), "src/deep/new.txt", "3");
    up.line(&["INFO", "building: cp src/version.txt"]);
    up.line(&["INFO", "reloaded"]);
}

#[test]
fn a_signal_ends_a_build_and_what_it_started() {
    let rest = "[component.front]
source = \"app.wasm\"
build.command = \"sleep 600 & echo started; wait\"
";
    let folder = folder(&[("/...", "front")], rest);
    let mut child = up_command()
        .arg("-f")
        .arg(folder.path())
        .arg("--build")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The processes of the build hold stderr: it ends when they have ended.
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in stderr.lines() {
            drop(sender.send(line.unwrap()));
        }
    });
    while lines.recv_timeout(PATIENCE).unwrap() != "started" {}
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(
        lines.recv_timeout(PATIENCE),
        Err(RecvTimeoutError::Disconnected)
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_build_that_writes_a_watched_file_is_not_repeated_for_ever() {
    let rest = format!(
        "[component.front]
source = \"app.wasm\"
[component.front.build]
command = \"cp '{}' app.wasm; echo x >> src/generated.txt\"
watch = [\"src/*.txt\"]
",
        probe_path("services_probe").display()
    );
    let folder = folder(&[("/...", "front")], &rest);
    std::fs::create_dir(folder.path().join("src")).unwrap();
    let mut up = up(folder.path(), 1, &["--build", "--watch"]);
    up.line(&[
        "WARN",
        "the build writes files that `build.watch` names",
        "src/generated.txt",
    ]);
    write(folder.path(), "src/other.txt", "changed");
    up.line(&["INFO", "building"]);
    up.line(&[
        "WARN",
        "the build writes files that `build.watch` names",
        "src/generated.txt",
    ]);
}

#[test]
fn the_value_of_a_secret_variable_is_not_in_an_error() {
    let rest = "[component.front]
source = \"SERVICES\"
allowed_outbound_hosts = [\"https://{{ token }}\"]
[variables]
token = { required = true, secret = true }
";
    let folder = folder(&[("/...", "front")], rest);
    let path = folder.path().to_str().unwrap();
    let ran = harness(&[
        "request",
        "--manifest",
        path,
        "--variable",
        "token=hun ter/2",
        "/",
    ]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let want = "`https://{{ token }}`: invalid with the value of a secret variable";
    assert!(ran.stderr.contains(want), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hun"), "{}", ran.stderr);
}
