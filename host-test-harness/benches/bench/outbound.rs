//! The harness against hyper alone, and against wasmtime alone.

use std::io::Write;

use bytes::Bytes;
use host_test_harness::{
    AllowList, DEFAULT_HEADER_FIELDS, DEFAULT_HEADER_SECTION_BYTES, Guest, Harness,
};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::Runtime;

use crate::bare::Bare;
use crate::compare::compare;
use crate::{Result, upstream};

/// Bytes of a response's body, and calls in one turn.
const BODIES: [(&str, usize, u32); 4] = [
    ("0 bytes", 0, 1_000),
    ("1 KiB", 1 << 10, 1_000),
    ("1 MiB", 1 << 20, 200),
    ("16 MiB", 16 << 20, 30),
];

/// Fresh instances in one turn.
const FRESH: u32 = 1_000;

pub(crate) fn calls(out: &mut dyn Write, runtime: &Runtime, component: &[u8]) -> Result<()> {
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one outbound call", "hyper", "harness"
    )?;
    for (name, n_bytes, n_calls) in BODIES {
        let upstream = upstream::start(n_bytes)?;
        let guest = guest(component, &upstream)?;
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
    Ok(())
}

pub(crate) fn instances(out: &mut dyn Write, runtime: &Runtime, component: &[u8]) -> Result<()> {
    writeln!(
        out,
        "{:<34} {:>12} {:>12}   ratio",
        "one fresh instance and call", "wasmtime", "harness"
    )?;
    let guest = guest(component, "127.0.0.1:9")?;
    let bare = Bare::new(component, Bytes::new())?;
    let comparison = compare(
        FRESH,
        || runtime.block_on(instantiate_and_call_bare(&bare)),
        || runtime.block_on(instantiate_and_call(&guest)),
    )?;
    Ok(writeln!(
        out,
        "{:<34} {comparison}",
        "without an outbound call"
    )?)
}

async fn instantiate_and_call_bare(bare: &Bare) -> Result<()> {
    for _ in 0..FRESH {
        let body = bare.instantiate().await?.call("/hello").await?;
        assert_eq!(body, "hello");
    }
    Ok(())
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
    for _ in 0..FRESH {
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
