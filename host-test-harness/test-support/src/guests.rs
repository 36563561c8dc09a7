//! The guests of the tests: built once with cargo, and run in one shared harness.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use spin_harness::mocks::Mocks;
use spin_harness::{AllowList, Component, Error, Exchange, Guest, Harness, HarnessBuilder, Limits};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// The runtime that all tests share, since the pooled connections of a harness belong to one runtime.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

static SHARED: LazyLock<Harness> = LazyLock::new(|| {
    builder(Limits::default())
        .build()
        .expect("the harness starts")
});
static WIRE: LazyLock<Component> = LazyLock::new(|| load(&SHARED, "wire_probe"));
static RUST: LazyLock<Component> = LazyLock::new(|| load(&SHARED, "rust_probe"));

/// The harness that the tests share.
pub fn shared() -> &'static Harness {
    &SHARED
}

/// A builder with a low limit on instances: tests have many harnesses, and each reserves address space.
pub fn builder(limits: Limits) -> HarnessBuilder {
    Harness::builder().limits(Limits {
        instances: 40,
        ..limits
    })
}

/// The wire probe, which may call `allowed` only.
pub fn wire_probe(allowed: &[&str]) -> Guest {
    WIRE.guest("wire-probe").allow_list(allow(allowed))
}

/// The probe of the Rust SDK, which may call `allowed` only.
pub fn rust_probe(allowed: &[&str]) -> Guest {
    RUST.guest("rust-probe").allow_list(allow(allowed))
}

/// The guest that reads variables and uses key-value stores.
pub fn services_probe() -> Guest {
    static SERVICES: LazyLock<Component> = LazyLock::new(|| load(&SHARED, "services_probe"));
    SERVICES.guest("services-probe")
}

/// A guest whose calls `mocks` answer.
pub fn mocked(guest: Guest, mocks: &Mocks) -> Guest {
    guest.transport(mocks.transport(SHARED.transport()))
}

/// The wire probe in a new harness.
pub fn wire_probe_in(builder: HarnessBuilder, allowed: &[&str]) -> Guest {
    let harness = builder.build().expect("the harness starts");
    load(&harness, "wire_probe")
        .guest("wire-probe")
        .allow_list(allow(allowed))
}

/// The wire probe in a new harness, and its exchanges.
pub fn observed_wire_probe(allowed: &[&str]) -> (Guest, Arc<Mutex<Vec<Exchange>>>) {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let builder = builder(Limits::default())
        .observe(move |exchange| sink.lock().unwrap().push(exchange.clone()));
    (wire_probe_in(builder, allowed), exchanges)
}

pub fn allow(entries: &[&str]) -> AllowList {
    AllowList::from_allowed_http_hosts(entries).expect("the entries are valid")
}

fn load(harness: &Harness, name: &str) -> Component {
    harness
        .load_file(probe_path(name))
        .expect("the probe loads")
}

/// The path of a probe's component.
pub fn probe_path(name: &str) -> PathBuf {
    static PROBES: LazyLock<PathBuf> = LazyLock::new(|| {
        build(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../probes"),
            "wasm32-wasip2",
        )
    });
    PROBES.join(format!("{name}.wasm"))
}

/// The path of an example's folder.
pub fn example_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name)
}

/// The component of an example in Rust, built for each backend; the backends' names come first.
pub fn example_of_both_backends(name: &str, file: &str) -> [(&'static str, PathBuf); 2] {
    let folder = example_folder(name);
    let spin = build(&folder, "wasm32-wasip2");
    let target_dir = folder.join("target/wasi-http");
    let wasi_http = build_to(
        &folder,
        &target_dir,
        "wasm32-wasip2",
        &["--features", "wasi-http"],
    );
    [
        ("spin", spin.join(file)),
        ("wasi-http", wasi_http.join(file)),
    ]
}

/// Builds the guests of a Cargo package or workspace in release mode, and returns the output folder.
pub fn build(folder: &Path, target: &str) -> PathBuf {
    build_to(folder, &folder.join("target"), target, &[])
}

/// The environment variable by which the workspaces of guests share their dependencies, as in xtask.
pub fn build_dir() -> (&'static str, PathBuf) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
    ("CARGO_BUILD_BUILD_DIR", folder)
}

fn build_to(folder: &Path, target_dir: &Path, target: &str, arguments: &[&str]) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            target,
        ])
        .arg("--target-dir")
        .arg(target_dir)
        .args(arguments)
        .envs([build_dir()])
        .current_dir(folder)
        .status()
        .expect("cargo starts");
    assert!(
        status.success(),
        "the guests in {} do not build for {target}; `cargo xtask setup` installs the target",
        folder.display()
    );
    target_dir.join(target).join("release")
}

/// Sends the guest a request.
pub fn handle(guest: &Guest, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
    RUNTIME.block_on(guest.handle(request))
}

pub fn get(guest: &Guest, path: &str) -> Result<Response<Bytes>, Error> {
    handle(
        guest,
        Request::get(path)
            .body(Bytes::new())
            .expect("a valid request"),
    )
}

pub fn run(guest: &Guest, arguments: &[&str]) -> Result<i32, Error> {
    RUNTIME.block_on(guest.run(arguments))
}

/// Runs a future on the shared runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Starts a task on the shared runtime.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    RUNTIME.spawn(future)
}

/// The description of a request for a probe to make.
#[derive(Clone)]
pub struct ProbeRequest(Value);

impl ProbeRequest {
    pub fn new(method: &str, uri: impl AsRef<str>) -> Self {
        Self(json!({ "method": method, "uri": uri.as_ref() }))
    }

    pub fn get(uri: impl AsRef<str>) -> Self {
        Self::new("GET", uri)
    }

    pub fn headers(mut self, headers: &[(&str, &str)]) -> Self {
        self.0["headers"] = json!(headers);
        self
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.0["body"] = json!(STANDARD.encode(body));
        self
    }
}

/// The outcome of a request that a probe made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeOutcome {
    Response {
        status: u16,
        headers: Vec<(String, String)>,
        body: Option<Vec<u8>>,
    },
    Error {
        kind: String,
        message: String,
    },
}

impl ProbeOutcome {
    #[track_caller]
    pub fn status(&self) -> u16 {
        match self {
            Self::Response { status, .. } => *status,
            Self::Error { .. } => panic!("got {self:?}, want a response"),
        }
    }

    #[track_caller]
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Response {
                body: Some(body), ..
            } => body,
            Self::Response { body: None, .. } | Self::Error { .. } => {
                panic!("got {self:?}, want a body")
            }
        }
    }

    #[track_caller]
    pub fn values(&self, name: &str) -> Vec<&str> {
        match self {
            Self::Response { headers, .. } => headers
                .iter()
                .filter(|(field, _)| field == name)
                .map(|(_, value)| value.as_str())
                .collect(),
            Self::Error { .. } => panic!("got {self:?}, want a response"),
        }
    }

    #[track_caller]
    pub fn error(&self) -> &str {
        match self {
            Self::Error { kind, .. } => kind,
            Self::Response { .. } => panic!("got {self:?}, want an error"),
        }
    }
}

/// Has a probe make requests in one invocation.
#[track_caller]
pub fn send_all(guest: &Guest, requests: &[ProbeRequest]) -> Vec<ProbeOutcome> {
    outcomes(handle(guest, inbound_request(requests)))
}

/// Has a probe make a request in the background.
pub fn start(guest: &Guest, request: ProbeRequest) -> JoinHandle<ProbeOutcome> {
    let guest = guest.clone();
    spawn(async move { outcomes(guest.handle(inbound_request(&[request])).await).remove(0) })
}

fn inbound_request(requests: &[ProbeRequest]) -> Request<Bytes> {
    let descriptions: Vec<&Value> = requests.iter().map(|request| &request.0).collect();
    let body = serde_json::to_vec(&descriptions).expect("JSON");
    Request::post("/")
        .body(Bytes::from(body))
        .expect("a valid request")
}

#[track_caller]
fn outcomes(result: Result<Response<Bytes>, Error>) -> Vec<ProbeOutcome> {
    let response = result.expect("the probe responds");
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.status(), 200, "{text}");
    let outcomes: Vec<Value> = serde_json::from_str(&text).expect("outcomes");
    outcomes.iter().map(got).collect()
}

#[track_caller]
pub fn send(guest: &Guest, request: ProbeRequest) -> ProbeOutcome {
    send_all(guest, &[request]).remove(0)
}

fn got(outcome: &Value) -> ProbeOutcome {
    if let Some(error) = outcome.get("error") {
        let text = |name: &str| error[name].as_str().expect("text").to_owned();
        return ProbeOutcome::Error {
            kind: text("kind"),
            message: text("message"),
        };
    }
    let response = &outcome["response"];
    ProbeOutcome::Response {
        status: serde_json::from_value(response["status"].clone()).expect("a status"),
        headers: serde_json::from_value(response["headers"].clone()).expect("pairs"),
        body: response["body"]
            .as_str()
            .map(|text| STANDARD.decode(text).expect("base64")),
    }
}
