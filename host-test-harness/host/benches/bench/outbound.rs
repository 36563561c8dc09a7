//! The harness against hyper alone and against wasmtime alone.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use spin_harness::limits::{DEFAULT_HEADER_FIELDS, DEFAULT_HEADER_SECTION_BYTES};
use spin_harness::mocks::{Mocks, any, text};
use spin_harness::{AllowList, Guest, Harness, TestApp};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::bare::Bare;
use crate::compare::compare;
use crate::{Result, upstream};

/// A kind of outbound call, a row of the table.
struct Case {
    name: &'static str,
    /// The size of the response body in bytes.
    n_bytes: usize,
    /// Header fields of the response, without those that hyper adds.
    n_fields: usize,
    /// Concurrent instances or, for hyper, tasks.
    n_tasks: u32,
    /// Sequential calls of each instance or task per round.
    n_calls: u32,
}

impl Case {
    const fn body(name: &'static str, n_bytes: usize, n_calls: u32) -> Self {
        Self {
            name,
            n_bytes,
            n_fields: 0,
            n_tasks: 1,
            n_calls,
        }
    }

    const fn fields(name: &'static str, n_fields: usize, n_calls: u32) -> Self {
        Self {
            n_fields,
            ..Self::body(name, 0, n_calls)
        }
    }

    const fn tasks(name: &'static str, n_tasks: u32, n_calls: u32) -> Self {
        Self {
            n_tasks,
            ..Self::body(name, 0, n_calls)
        }
    }
}

static CASES: [Case; 9] = [
    Case::body("response body of 0 bytes", 0, 1_000),
    Case::body("response body of 1 KiB", 1 << 10, 1_000),
    Case::body("response body of 64 KiB", 64 << 10, 1_000),
    Case::body("response body of 1 MiB", 1 << 20, 200),
    Case::body("response body of 16 MiB", 16 << 20, 30),
    Case::fields("10 header fields", 10, 1_000),
    Case::fields("100 header fields", 100, 200),
    Case::tasks("16 at a time", 16, 100),
    Case::tasks("64 at a time", 64, 25),
];

/// Row name, fresh instances per round, and concurrent instances.
const FRESH: [(&str, u32, u32); 2] = [("one at a time", 1_000, 1), ("64 at a time", 1_000, 64)];

pub(crate) fn calls(out: &mut dyn Write, runtime: &Runtime, component: &[u8]) -> Result<()> {
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one outbound call", "hyper", "harness"
    )?;
    for case in &CASES {
        let upstream = upstream::with_fields(case.n_bytes, case.n_fields)?;
        let guest = guest(component, &upstream, "/")?;
        let client = client();
        let comparison = compare(
            case.n_calls * case.n_tasks,
            || {
                runtime.block_on(at_a_time(case.n_tasks, || {
                    call_hyper(client.clone(), upstream.clone(), case)
                }))
            },
            || runtime.block_on(at_a_time(case.n_tasks, || call_guest(guest.clone(), case))),
        )?;
        writeln!(out, "{:<34} {comparison}", case.name)?;
        out.flush()?;
    }
    Ok(())
}

/// A call that a mock answers, against the same call of a component in process, which is a fresh instance.
pub(crate) fn mocks(out: &mut dyn Write, runtime: &Runtime, component: &[u8]) -> Result<()> {
    const CALLS: u32 = 1_000;
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one outbound call", "in process", "mocked"
    )?;
    let in_process = TestApp::guest(guest(component, "self", "/hello")?);
    let mocks = Mocks::new().expect(any(), text("hello"));
    let mocked = TestApp::guest(guest(component, "api.test", "/hello")?).mocks(&mocks);
    let call = async |app: &TestApp| -> Result<()> {
        let request = Request::get(format!("/calls/{CALLS}")).body(Bytes::new())?;
        let response = app.request(request).await?;
        assert_eq!(response.body(), &(5 * CALLS).to_string());
        Ok(())
    };
    let comparison = compare(
        CALLS,
        || runtime.block_on(call(&in_process)),
        || runtime.block_on(call(&mocked)),
    )?;
    writeln!(out, "{:<34} {comparison}", "response body of 5 bytes")?;
    Ok(())
}

pub(crate) fn instances(out: &mut dyn Write, runtime: &Runtime, component: &[u8]) -> Result<()> {
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one fresh instance and call", "wasmtime", "harness"
    )?;
    let guest = guest(component, "127.0.0.1:9", "/")?;
    let bare = Arc::new(Bare::new(component)?);
    for (name, n_instances, n_tasks) in FRESH {
        let each = n_instances / n_tasks;
        let comparison = compare(
            each * n_tasks,
            || {
                runtime.block_on(at_a_time(n_tasks, || {
                    instantiate_and_call_bare(Arc::clone(&bare), each)
                }))
            },
            || {
                runtime.block_on(at_a_time(n_tasks, || {
                    instantiate_and_call(guest.clone(), each)
                }))
            },
        )?;
        writeln!(out, "{name:<34} {comparison}")?;
        out.flush()?;
    }
    Ok(())
}

/// Runs a job `n_tasks` times concurrently, each in a task as in a server.
///
/// Directly on the blocking thread, a job would switch threads whenever it waits for a socket, which would be measured.
pub(crate) async fn at_a_time<F>(n_tasks: u32, job: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let mut tasks: JoinSet<Result<()>> = (0..n_tasks).map(|_| job()).collect();
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn instantiate_and_call_bare(bare: Arc<Bare>, n_instances: u32) -> Result<()> {
    for _ in 0..n_instances {
        let body = bare.instantiate(Bytes::new()).await?.call("/hello").await?;
        assert_eq!(body, "hello");
    }
    Ok(())
}

/// A guest that calls `path` of `upstream`.
fn guest(component: &[u8], upstream: &str, path: &str) -> Result<Guest> {
    let harness = Harness::builder().build()?;
    Ok(harness
        .load(component)?
        .guest("rust-bench")
        .env("UPSTREAM", format!("http://{upstream}{path}"))
        .allow_list(AllowList::from_allowed_http_hosts([upstream])?))
}

async fn call_guest(guest: Guest, case: &'static Case) -> Result<()> {
    let request = Request::get(format!("/calls/{}", case.n_calls)).body(Bytes::new())?;
    let response = guest.handle(request).await?;
    let want = (u64::from(case.n_calls) * case.n_bytes as u64).to_string();
    if response.body() != want.as_bytes() {
        return Err(format!("the guest read {:?} bytes, want {want}", response.body()).into());
    }
    Ok(())
}

async fn instantiate_and_call(guest: Guest, n_instances: u32) -> Result<()> {
    for _ in 0..n_instances {
        let response = guest
            .handle(Request::get("/hello").body(Bytes::new())?)
            .await?;
        assert_eq!(response.body(), "hello");
    }
    Ok(())
}

/// A client with the same settings as the harness's.
fn client() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .http1_max_headers(DEFAULT_HEADER_FIELDS)
        .http1_max_buf_size(DEFAULT_HEADER_SECTION_BYTES)
        .build(connector)
}

async fn call_hyper(
    client: Client<HttpConnector, Full<Bytes>>,
    upstream: String,
    case: &'static Case,
) -> Result<()> {
    let uri: http::Uri = format!("http://{upstream}/").parse()?;
    for _ in 0..case.n_calls {
        let response = client
            .request(Request::get(&uri).body(Full::default())?)
            .await?;
        let mut body = response.into_body();
        let mut bytes = Vec::with_capacity(usize::try_from(body.size_hint().lower())?);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        assert_eq!(bytes.len(), case.n_bytes);
    }
    Ok(())
}
