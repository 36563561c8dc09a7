//! What the harness costs beside what it is made of, both measured in turn in one run.
//!
//! - `send_request` of the Rust SDK, many calls in one invocation, against hyper alone with the
//!   same client settings and the same upstream; each response is read to its end.
//! - A fresh instance and one call, against wasmtime's bare instantiate-and-call.
//!
//! The figures of a run depend on the machine; the ratios travel.

use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use host_test_harness::{
    AllowList, DEFAULT_HEADER_FIELDS, DEFAULT_HEADER_SECTION_BYTES, Guest, Harness,
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::runtime::{self, Runtime};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often the two sides take turns, after one turn that does not count.
const ROUNDS: usize = 15;

/// Bytes of a response's body, and calls in one turn.
const BODIES: [(&str, usize, u32); 4] = [
    ("0 bytes", 0, 1_000),
    ("1 KiB", 1 << 10, 1_000),
    ("1 MiB", 1 << 20, 200),
    ("16 MiB", 16 << 20, 30),
];

/// Fresh instances in one turn.
const INSTANCES: u32 = 1_000;

fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let component = arguments
        .next()
        .ok_or("give the component of the bench guest; `cargo xtask bench` does")?;
    let filter = arguments.next().unwrap_or_default();
    let component = std::fs::read(component)?;
    let runtime = Runtime::new()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\nMedians of {ROUNDS} rounds; the ratio is taken round by round, with its range in brackets.\n"
    )?;

    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one outbound call", "hyper", "harness"
    )?;
    for (name, n_bytes, n_calls) in BODIES
        .iter()
        .copied()
        .filter(|(name, ..)| name.contains(&filter))
    {
        let upstream = start_upstream(n_bytes)?;
        let guest = guest(&component, &upstream)?;
        let client = client();
        let comparison = compare(
            n_calls,
            || runtime.block_on(call_hyper(&client, &upstream, n_calls, n_bytes)),
            || runtime.block_on(call_guest(&guest, n_calls, n_bytes)),
        )?;
        writeln!(
            out,
            "{:<34} {comparison}",
            format!("response body of {name}")
        )?;
    }

    writeln!(
        out,
        "\n{:<34} {:>12} {:>12}   ratio",
        "one fresh instance and call", "wasmtime", "harness"
    )?;
    let guest = guest(&component, "127.0.0.1:9")?;
    let bare = Bare::new(&component)?;
    let comparison = compare(
        INSTANCES,
        || runtime.block_on(bare.instantiate_and_call()),
        || runtime.block_on(instantiate_and_call(&guest)),
    )?;
    writeln!(out, "{:<34} {comparison}", "without an outbound call")?;
    Ok(())
}

/// Two sides of one job, measured in turn: a call's time on each, and harness / baseline.
struct Comparison {
    baseline: Spread<Duration>,
    harness: Spread<Duration>,
    ratio: Spread<f64>,
}

/// The lowest, the median and the highest of some figures.
#[derive(Clone, Copy)]
struct Spread<T> {
    lowest: T,
    median: T,
    highest: T,
}

impl<T: Copy + PartialOrd> Spread<T> {
    fn of(mut figures: Vec<T>) -> Option<Self> {
        figures.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let (lowest, highest) = (*figures.first()?, *figures.last()?);
        Some(Self {
            lowest,
            median: *figures.get(figures.len() / 2)?,
            highest,
        })
    }
}

fn compare(
    n_calls: u32,
    baseline: impl Fn() -> Result<()>,
    harness: impl Fn() -> Result<()>,
) -> Result<Comparison> {
    let time = |side: &dyn Fn() -> Result<()>| -> Result<Duration> {
        let started = Instant::now();
        side()?;
        Ok(started.elapsed() / n_calls)
    };
    let (mut baselines, mut harnesses, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (baseline, harness) = (time(&baseline)?, time(&harness)?);
        if round > 0 {
            baselines.push(baseline);
            harnesses.push(harness);
            ratios.push(harness.as_secs_f64() / baseline.as_secs_f64());
        }
    }
    let spread = || {
        Some((
            Spread::of(baselines)?,
            Spread::of(harnesses)?,
            Spread::of(ratios)?,
        ))
    };
    let (baseline, harness, ratio) = spread().ok_or("no round was measured")?;
    Ok(Comparison {
        baseline,
        harness,
        ratio,
    })
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let microseconds = |duration: Duration| format!("{:.1} us", duration.as_secs_f64() * 1e6);
        let Spread {
            lowest,
            median,
            highest,
        } = self.ratio;
        let (baseline, harness) = (
            microseconds(self.baseline.median),
            microseconds(self.harness.median),
        );
        write!(
            formatter,
            "{baseline:>12} {harness:>12}   {median:.2} ({lowest:.2} to {highest:.2})"
        )
    }
}

fn guest(component: &[u8], upstream: &str) -> Result<Guest> {
    let harness = Harness::builder().build()?;
    Ok(harness
        .load(component)?
        .guest("rust-bench")
        .env("UPSTREAM", format!("http://{upstream}/"))
        .allow_list(AllowList::from_allowed_http_hosts([upstream])?))
}

async fn call_guest(guest: &Guest, n_calls: u32, n_bytes: usize) -> Result<()> {
    let response = guest
        .handle(Request::get(format!("/calls/{n_calls}")).body(Bytes::new())?)
        .await?;
    let want = (u64::from(n_calls) * n_bytes as u64).to_string();
    if response.body() != want.as_bytes() {
        return Err(format!("the guest read {:?} bytes, want {want}", response.body()).into());
    }
    Ok(())
}

async fn instantiate_and_call(guest: &Guest) -> Result<()> {
    for _ in 0..INSTANCES {
        let response = guest
            .handle(Request::get("/hello").body(Bytes::new())?)
            .await?;
        assert_eq!(response.body(), "hello");
    }
    Ok(())
}

/// A client with the settings of the harness's.
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
    client: &Client<HttpConnector, Full<Bytes>>,
    upstream: &str,
    n_calls: u32,
    n_bytes: usize,
) -> Result<()> {
    let uri: http::Uri = format!("http://{upstream}/").parse()?;
    for _ in 0..n_calls {
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
        assert_eq!(bytes.len(), n_bytes);
    }
    Ok(())
}

/// An upstream with a thread of its own, which answers every request with `n_bytes` bytes.
fn start_upstream(n_bytes: usize) -> Result<String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let authority = listener.local_addr()?.to_string();
    let body = Bytes::from(vec![b'x'; n_bytes]);
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)
                .expect("a listener that does not block");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a TCP socket");
                let body = body.clone();
                let answer = service_fn(move |_: Request<Incoming>| {
                    std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(body.clone()))))
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
    });
    Ok(authority)
}

mod bindings {
    //! The export alone; the import is a stub.

    wasmtime::component::bindgen!({
        path: "../wit",
        world: "http-trigger",
        imports: { default: async },
        exports: { default: async },
    });
}

use bindings::fermyon::spin::http_types as wire;

/// wasmtime with its pooling allocator, and nothing else.
struct Bare {
    engine: Engine,
    component: bindings::HttpTriggerPre<BareState>,
}

struct BareState {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for BareState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl bindings::fermyon::spin::http::Host for BareState {
    async fn send_request(
        &mut self,
        _request: wire::Request,
    ) -> std::result::Result<wire::Response, wire::HttpError> {
        Err(wire::HttpError::RuntimeError)
    }
}

impl wire::Host for BareState {}

impl Bare {
    fn new(component: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(
            PoolingAllocationConfig::new(),
        ));
        let engine = Engine::new(&config)?;
        let mut linker: Linker<BareState> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        bindings::HttpTrigger::add_to_linker::<_, wasmtime::component::HasSelf<_>>(
            &mut linker,
            |state| state,
        )?;
        let component = Component::from_binary(&engine, component)?;
        let component = bindings::HttpTriggerPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, component })
    }

    async fn instantiate_and_call(&self) -> Result<()> {
        for _ in 0..INSTANCES {
            let wasi = WasiCtx::builder().build();
            let mut store = Store::new(
                &self.engine,
                BareState {
                    wasi,
                    table: ResourceTable::new(),
                },
            );
            let instance = self.component.instantiate_async(&mut store).await?;
            let request = wire::Request {
                method: wire::Method::Get,
                uri: "/hello".to_owned(),
                headers: Vec::new(),
                params: Vec::new(),
                body: Some(Vec::new()),
            };
            let response = instance
                .fermyon_spin_inbound_http()
                .call_handle_request(&mut store, &request)
                .await?;
            assert_eq!(response.body.as_deref(), Some(&b"hello"[..]));
        }
        Ok(())
    }
}
