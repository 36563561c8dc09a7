//! The memory of a server for each of its connections.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Result;
use crate::process::{self, Server};
use crate::upstream::Gate;

/// Connections without a request, of which each has had one.
const IDLE: usize = 500;

/// Connections of which each waits for the response of a guest, which waits in an outbound call.
const BUSY: usize = 64;

/// Prints a row for each server.
pub(crate) fn all(
    out: &mut dyn Write,
    runtime: &Runtime,
    component: &Path,
    spin_harness: &Path,
    wasmtime: &Path,
) -> Result<()> {
    writeln!(
        out,
        "\nResident memory of the server for each connection, in KiB; lower is better. `idle`: each of {IDLE} connections \
         that have had a\nresponse. `busy`: each of {BUSY} whose guest waits in an outbound call, instance included.\n\n\
         {:<34} {:>12} {:>12}",
        "server", "idle", "busy"
    )?;
    let gate = Gate::start()?;
    let upstream = format!("UPSTREAM=http://{}/", gate.authority);
    let theirs = Server::start(
        Command::new(wasmtime)
            .args(["serve", "-S", "cli,http", "--addr", "127.0.0.1:0", "--env"])
            .arg(upstream)
            .arg(component),
    )?;
    measure(out, runtime, "wasmtime serve", &theirs, &gate)?;
    let gate = Gate::start()?;
    let folder = tempfile::tempdir()?;
    let manifest = process::component("bench", "/...", component, &gate.authority);
    let ours = Server::up(spin_harness, folder.path(), &manifest, &[])?;
    measure(out, runtime, "spin-harness up", &ours, &gate)
}

fn measure(
    out: &mut dyn Write,
    runtime: &Runtime,
    name: &str,
    server: &Server,
    gate: &Gate,
) -> Result<()> {
    let (idle, busy) = runtime.block_on(async {
        // What all connections share must not be counted.
        let mut first = connect(&server.authority).await?;
        request(&mut first, &server.authority, "/hello").await?;
        let at_rest = server.resident_bytes()? as f64;
        let mut connections = Vec::new();
        for _ in 0..IDLE {
            let mut connection = connect(&server.authority).await?;
            request(&mut connection, &server.authority, "/hello").await?;
            connections.push(connection);
        }
        let idle = server.resident_bytes()? as f64;
        let mut requests = JoinSet::new();
        for mut connection in connections.drain(..BUSY) {
            let authority = server.authority.clone();
            requests.spawn(async move { request(&mut connection, &authority, "/calls/1").await });
        }
        gate.arrival_of(BUSY).await?;
        let busy = server.resident_bytes()? as f64;
        gate.open();
        while let Some(response) = requests.join_next().await {
            response??;
        }
        let kib = |growth: f64, n_connections: usize| growth / n_connections as f64 / 1024.0;
        Result::Ok((kib(idle - at_rest, IDLE), kib(busy - idle, BUSY)))
    })?;
    writeln!(out, "{name:<34} {idle:>12.1} {busy:>12.1}")?;
    Ok(out.flush()?)
}

type Connection = SendRequest<Empty<Bytes>>;

async fn connect(authority: &str) -> Result<Connection> {
    let stream = TcpStream::connect(authority).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends a request, and reads its response to the end.
async fn request(connection: &mut Connection, authority: &str, path: &str) -> Result<()> {
    let request = Request::get(path)
        .header(header::HOST, authority)
        .body(Empty::new())?;
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    drop(response.into_body().collect().await?);
    if status != 200 {
        return Err(format!("{path}: {status}").into());
    }
    Ok(())
}
