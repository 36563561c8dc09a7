//! The guest, built for one of the interfaces and served by the harness.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use spin_harness::{Harness, Limits, Output, TestApp, TestServer};
use tokio::runtime::Runtime;

use crate::upstream;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// The harness of all tests with the default limits.
static HARNESS: LazyLock<Harness> = LazyLock::new(|| harness(Limits::default()));

pub(crate) fn harness(limits: Limits) -> Harness {
    Harness::builder().limits(limits).build().unwrap()
}

/// A component that is served, and stops when it is dropped.
pub(crate) struct Component {
    pub(crate) interface: &'static str,
    pub(crate) address: SocketAddr,
    _server: TestServer,
}

impl Component {
    pub(crate) fn spin() -> Self {
        Self::start("fermyon:spin/http", &HARNESS)
    }

    pub(crate) fn wasi() -> Self {
        Self::start("wasi:http", &HARNESS)
    }

    pub(crate) fn both() -> [Self; 2] {
        [Self::spin(), Self::wasi()]
    }

    /// Serves the component for `interface` with a harness that has other limits.
    pub(crate) fn start(interface: &'static str, harness: &Harness) -> Self {
        static COMPONENTS: [LazyLock<PathBuf>; 2] = [
            LazyLock::new(|| build(false)),
            LazyLock::new(|| build(true)),
        ];
        let component = &*COMPONENTS[usize::from(interface == "wasi:http")];
        let guest = harness
            .load_file(component)
            .unwrap()
            .guest("guest")
            .env("UPSTREAM", format!("http://{}", upstream::start()))
            .stderr(Output::Stderr);
        let app = TestApp::guest(guest)
            .allow_outbound_hosts(["http://127.0.0.1:*"])
            .unwrap();
        let server = RUNTIME.block_on(app.listen()).unwrap();
        Self {
            interface,
            address: server.address(),
            _server: server,
        }
    }
}

/// Builds the guest and returns its component. The two builds use one target directory, so they take turns.
fn build(is_wasi: bool) -> PathBuf {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest");
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
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests"),
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
    component
}
