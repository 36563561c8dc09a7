//! A server under test, and a client that writes bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use spin_harness::{Application, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use test_support::guests::{block_on, spawn};

/// How long a read and a shutdown may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; dropping it shuts it down.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    stopped: JoinHandle<()>,
}

pub(crate) fn serve(application: Application) -> Running {
    serve_for(application, PATIENCE)
}

/// Serves with a shutdown timeout of its own.
pub(crate) fn serve_for(application: Application, shutdown_timeout: Duration) -> Running {
    let server = block_on(Server::bind(([127, 0, 0, 1], 0).into())).unwrap();
    let server = server.shutdown_timeout(shutdown_timeout);
    let address = server.address();
    let (stop, stopping) = oneshot::channel::<()>();
    let serve = server
        .serve(application)
        .with_graceful_shutdown(async { drop(stopping.await) });
    Running {
        address,
        stop: Some(stop),
        stopped: spawn(serve.into_future()),
    }
}

impl Running {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes on a new connection and reads until it closes.
    #[track_caller]
    pub(crate) fn raw(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_ref()).unwrap();
        read(stream)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> String {
        self.raw(format!(
            "GET {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"
        ))
    }

    /// Starts a graceful shutdown.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until the server has shut down.
    #[track_caller]
    pub(crate) fn wait_for_stop(&mut self) {
        let stopped = &mut self.stopped;
        block_on(async { tokio::time::timeout(PATIENCE, stopped).await })
            .expect("the server shuts down in time")
            .unwrap();
    }

    /// Has the probe at `path` make one request, and returns its outcome.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str, uri: &str) -> Value {
        self.ask_with_host(path, uri, "a.test")
    }

    #[track_caller]
    pub(crate) fn ask_with_host(&self, path: &str, uri: &str, host: &str) -> Value {
        let body = json!([{ "method": "GET", "uri": uri }]).to_string();
        let response = self.raw(format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nx-forwarded-host: {host}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ));
        let (_, body) = response.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Value>(body).unwrap()[0].clone()
    }
}

/// Reads until the connection closes or is reset.
pub(crate) fn read(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    String::from_utf8(bytes).unwrap()
}
