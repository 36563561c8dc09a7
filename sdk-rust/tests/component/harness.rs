//! The guest, built for one of the interfaces and served by the harness.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::upstream;

/// How long the harness may take to compile the component and to listen.
const START: Duration = Duration::from_secs(120);

/// A component that is served, and stops when it is dropped.
pub(crate) struct Component {
    pub(crate) interface: &'static str,
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Component {
    pub(crate) fn spin() -> Self {
        Self::start("fermyon:spin/http", &[])
    }

    pub(crate) fn wasi() -> Self {
        Self::start("wasi:http", &[])
    }

    pub(crate) fn both() -> [Self; 2] {
        [Self::spin(), Self::wasi()]
    }

    /// Serves the component for `interface` with more flags of `spin-harness up`.
    pub(crate) fn start(interface: &'static str, flags: &[&str]) -> Self {
        static MANIFESTS: [LazyLock<PathBuf>; 2] = [
            LazyLock::new(|| build(false)),
            LazyLock::new(|| build(true)),
        ];
        let manifest = &*MANIFESTS[usize::from(interface == "wasi:http")];
        let mut child = Command::new(command())
            .args(["up", "--listen", "127.0.0.1:0", "--until-stdin-closes"])
            .arg("--env")
            .arg(format!("UPSTREAM=http://{}", upstream::start()))
            .arg("--from")
            .arg(manifest)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the harness starts");
        let address = address(&mut child);
        Self {
            interface,
            address,
            child,
        }
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads the address that the harness prints.
fn address(child: &mut Child) -> SocketAddr {
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let words = line.split([' ', '/']);
            for address in words.filter_map(|word| word.parse().ok()) {
                sender.send(address).ok();
            }
        }
    });
    receiver
        .recv_timeout(START)
        .expect("the harness prints its address")
}

/// The command in `SPIN_HARNESS`, or the one in the target directory of this test.
fn command() -> PathBuf {
    if let Some(command) = env::var_os("SPIN_HARNESS") {
        return command.into();
    }
    let test = env::current_exe().unwrap();
    let command = test.ancestors().nth(2).unwrap().join("spin-harness");
    assert!(
        command.exists(),
        "{} does not exist; build it with `cargo build -p spin-harness-cli`, or set the \
         environment variable SPIN_HARNESS to the command",
        command.display()
    );
    command
}

/// Builds the guest and returns its manifest. The two builds use one target directory, so they take turns.
fn build(is_wasi: bool) -> PathBuf {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/component/guest");
    let target_dir = folder.join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            "wasm32-wasip2",
        ])
        .arg("--target-dir")
        .arg(&target_dir)
        // As in xtask: the workspaces of guests share their dependencies.
        .env(
            "CARGO_BUILD_BUILD_DIR",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests"),
        )
        .current_dir(&folder);
    if is_wasi {
        cargo.args(["--features", "wasi-http"]);
    }
    let status = cargo.status().expect("cargo starts");
    assert!(
        status.success(),
        "the guest does not build; `cargo xtask setup` installs the target"
    );
    let built = target_dir.join("wasm32-wasip2/release/sdk_rust_guest.wasm");
    let component = target_dir.join(if is_wasi { "wasi.wasm" } else { "spin.wasm" });
    fs::copy(built, &component).unwrap();
    drop(turn);
    manifest(&component)
}

/// A manifest beside `component` that permits the upstream.
fn manifest(component: &Path) -> PathBuf {
    let path = component.with_extension("toml");
    let source = component.file_name().unwrap().to_str().unwrap();
    let text = format!(
        "spin_manifest_version = 2\n\
         [application]\nname = \"guest\"\n\
         [[trigger.http]]\nroute = \"/...\"\ncomponent = \"guest\"\n\
         [component.guest]\nsource = \"{source}\"\n\
         allowed_outbound_hosts = [\"http://127.0.0.1:*\"]\n"
    );
    fs::write(&path, text).unwrap();
    path
}
