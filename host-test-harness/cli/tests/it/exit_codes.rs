//! Exit code 2 is for wrong usage only; a file, a component or an address that cannot be used is exit code 1.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::support::spin_harness;
use test_support::application::folder;
use test_support::command::ran;
use test_support::guests::probe_path;
use test_support::table::check_rows;

/// The arguments of a row; `COMPONENT` stands for the path of the wire probe.
#[track_caller]
fn check(code: i32, table: &[(&[&str], &[&str])]) {
    let probe = probe_path("wire_probe");
    check_rows(table, |(arguments, texts)| {
        let arguments = arguments.iter().map(|argument| match *argument {
            "COMPONENT" => probe.as_os_str(),
            argument => argument.as_ref(),
        });
        let ran = ran(spin_harness().args(arguments));
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        for text in *texts {
            assert!(ran.stderr.contains(text), "want {text:?} in {}", ran.stderr);
        }
        assert_eq!(ran.stdout, "");
    });
}

/// A folder with a manifest of one component at `/...`.
fn application(component: &str) -> TempDir {
    folder(
        &[("/...", "front")],
        &format!("[component.front]\n{component}\n"),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

#[test]
fn wrong_usage_exits_2_and_names_the_argument() {
    let valid = application("source = \"COMPONENT\"");
    let valid = text(valid.path());
    check(
        2,
        &[
            (&["frobnicate"], &["frobnicate"]),
            (
                &[
                    "up",
                    valid,
                    "--listen",
                    "127.0.0.1:0",
                    "--inspect=0.0.0.0:0",
                ],
                &[
                    "--inspect: 0.0.0.0:0 is not a loopback address",
                    "127.0.0.1:0",
                ],
            ),
            (&["up", valid, "--inspect=nowhere"], &["nowhere"]),
            (
                &["request", "COMPONENT", "/", "--log-format", "tree"],
                &["--log-format tree: only `up`"],
            ),
            (
                &["request", "COMPONENT"],
                &["missing URI: add it after the component `", "/path?query"],
            ),
            (
                &["request", "/path"],
                &["missing component: add its file before the URI `/path`"],
            ),
            (&["request", "COMPONENT", "no-slash"], &["no-slash"]),
            (
                &["request", "COMPONENT", "--frobnicate", "/"],
                &["--frobnicate"],
            ),
            (
                &["request", "COMPONENT", "-H", "no colon", "/"],
                &["no colon"],
            ),
            (&["request", "COMPONENT", "-H", "x a: 1", "/"], &["x a: 1"]),
            (
                &["request", "COMPONENT", "--env", "NAME", "/"],
                &[
                    "'NAME' for '--env <NAME=VALUE>'",
                    "it has no `=`; expected NAME=VALUE",
                ],
            ),
            (
                &["request", "COMPONENT", "--key-value", "=1", "/"],
                &["'=1'", "nothing stands before the `=`; expected KEY=VALUE"],
            ),
            (
                &["request", "COMPONENT", "--variable", "token", "/"],
                &["'token'", "expected NAME=VALUE or @FILE"],
            ),
            (
                &["up", valid, "--component-file", "front"],
                &["'front'", "it has no `=`; expected ID=FILE"],
            ),
            (
                &[
                    "request",
                    "COMPONENT",
                    "--component-file",
                    "front=a.wasm",
                    "/",
                ],
                &["--component-file front=a.wasm", "--manifest"],
            ),
            (
                &["request", "COMPONENT", "--max-response-body", "", "/"],
                &["--max-response-body", "expected a size, such as 64KiB"],
            ),
            (
                &["request", "COMPONENT", "--max-memory", "1 elephant", "/"],
                &["'1 elephant'", "expected a size, such as 64KiB"],
            ),
            (
                &["request", "COMPONENT", "--h2c", "https://api.test", "/"],
                &[
                    "'https://api.test'",
                    "h2c is HTTP/2 without TLS; leave the option out",
                ],
            ),
            (
                &["build", "--verbose"],
                &["--verbose: this command makes no outbound calls"],
            ),
            (
                &["inspect", "-v", "COMPONENT"],
                &["--verbose: this command makes no outbound calls"],
            ),
            (&["policy", "lint", "-v"], &["-v"]),
            (&["up", valid, "--manifest", valid], &["PATH", "--manifest"]),
            (
                &["request", "COMPONENT", "--allow-http-host", "ftp://x", "/"],
                &["ftp://x"],
            ),
            (
                &["request", "COMPONENT", "--self-origin", "localhost", "/"],
                &["localhost"],
            ),
            (
                &["request", "COMPONENT", "http://user:secret@app.test/"],
                &["user info"],
            ),
            (
                &["request", "COMPONENT", "--wall-time", "soon", "/"],
                &["'soon'", "expected a number with a unit, such as 500ms"],
            ),
            (
                &["request", "COMPONENT", "--max-connections", "0", "/"],
                &["--max-connections", "0 is not in 1..=100000"],
            ),
            (
                &[
                    "request",
                    "COMPONENT",
                    "--max-header-fields",
                    "99999999999",
                    "/",
                ],
                &["--max-header-fields", "99999999999 is not in 1..=24000"],
            ),
            (
                &["request", "COMPONENT", "--max-instances", "0", "/"],
                &["--max-instances", "0 is not in 1..=10000"],
            ),
            (
                &["request", "COMPONENT", "--max-memory", "8GiB", "/"],
                &[
                    "--max-memory",
                    "8589934592 bytes is not in 65536..=4294967296",
                ],
            ),
            (
                &["request", "COMPONENT", "--max-header-section", "1KiB", "/"],
                &[
                    "--max-header-section",
                    "1024 bytes is not in 8192..=1073741824",
                ],
            ),
            (
                &["request", "COMPONENT", "--block", "10.0.0.0/99", "/"],
                &["--block", "10.0.0.0/99"],
            ),
            (
                &["request", "COMPONENT", "--component", "front", "/"],
                &["--manifest"],
            ),
            (
                &[
                    "request",
                    "COMPONENT",
                    "--manifest",
                    valid,
                    "--component",
                    "back",
                    "/",
                ],
                &["--component back: unknown component", "has: front"],
            ),
            (
                &["request", "--from", valid, "--component", "back", "/"],
                &["--component back: unknown component", "has: front"],
            ),
            (
                &["run", "-f", valid, "--component", "back"],
                &["--component back: unknown component", "has: front"],
            ),
            (
                &["policy", "lint", "--manifest", valid, "--component", "fron"],
                &[
                    "--component fron: unknown component",
                    "did you mean `front`?",
                ],
            ),
            (
                &[
                    "request",
                    "--manifest",
                    valid,
                    "--component-file",
                    "back=a.wasm",
                    "/",
                ],
                &["--component-file back: unknown component", "has: front"],
            ),
            (&["run"], &["<COMPONENT"]),
            (&["up", "-f", valid, "--listen", "nowhere"], &["nowhere"]),
            (
                &[
                    "up",
                    "-f",
                    valid,
                    "--component",
                    "back",
                    "--listen",
                    "127.0.0.1:0",
                ],
                &["--component back: unknown component", "has: front"],
            ),
            (
                &[
                    "up",
                    "-f",
                    valid,
                    "--variable",
                    "none=1",
                    "--listen",
                    "127.0.0.1:0",
                ],
                &["--variable none: unknown variable", "has no variable"],
            ),
        ],
    );
}

#[test]
fn a_file_that_cannot_be_used_exits_1_and_is_named() {
    let files = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, contents: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, contents).expect("the file is written");
        text(&path).to_owned()
    };
    let component = write("app.wasm", "not a component");
    let certificates = write("ca.pem", "not a certificate");
    let CertifiedKey { cert, .. } =
        generate_simple_self_signed(["a.test".to_owned()]).expect("a certificate");
    let good = write("good.pem", &cert.pem());
    let scenario = write("broken.json", "{");
    let scenarios = text(files.path());
    let manifest =
        application("source = \"COMPONENT\"\nallowed_outbound_hosts = [\"https://a.test/path\"]");
    let manifest = text(manifest.path());
    check(
        1,
        &[
            (
                &["request", "no/such.wasm", "/"],
                &["no/such.wasm: No such file"],
            ),
            (
                &["request", &component, "/"],
                &[&component, "not WebAssembly"],
            ),
            (&["run", &component], &[&component, "not WebAssembly"]),
            (
                &["request", "COMPONENT", "--data-file", "no/such", "/"],
                &["no/such: No such file"],
            ),
            (
                &["request", "COMPONENT", "--ca", "no/such.pem", "/"],
                &["no/such.pem: No such file"],
            ),
            (
                &[
                    "request",
                    "COMPONENT",
                    "--ca",
                    &good,
                    "--ca",
                    &certificates,
                    "/",
                ],
                &[&certificates, "contains no certificate"],
            ),
            (
                &["request", "COMPONENT", "--manifest", "no/such", "/"],
                &["no/such"],
            ),
            (
                &["request", "COMPONENT", "--manifest", manifest, "/"],
                &["spin.toml:10: component.front.allowed_outbound_hosts[0]"],
            ),
            (
                &["conformance", "--scenarios", scenarios, "--list"],
                &[&scenario],
            ),
        ],
    );
}

#[test]
fn an_application_that_cannot_be_served_exits_1_and_names_file_and_line() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let taken = taken.local_addr().expect("an address").to_string();
    let any = "127.0.0.1:0";
    let valid = "source = \"COMPONENT\"";
    let rows = [
        (
            format!("{valid}\nallowed_outbound_hosts = [\"https://a.test/path\"]"),
            any,
            "spin.toml:10: component.front.allowed_outbound_hosts[0]",
        ),
        (
            format!("{valid}\nallowed_outbound_hosts = [\"https://{{{{ none }}}}\"]"),
            any,
            "spin.toml:10",
        ),
        ("source = \"none.wasm\"".to_owned(), any, "none.wasm"),
        ("nonsense".to_owned(), any, "spin.toml:9"),
        (valid.to_owned(), &taken, "choose another"),
    ];
    check_rows(rows, |(component, address, want)| {
        let folder = application(component);
        let folder = text(folder.path());
        check(
            1,
            &[(
                &[
                    "up",
                    "--max-instances",
                    "40",
                    "-f",
                    folder,
                    "--listen",
                    address,
                ],
                &[want],
            )],
        );
    });
    check(1, &[(&["up", "-f", "/none"], &["/none"])]);
}
