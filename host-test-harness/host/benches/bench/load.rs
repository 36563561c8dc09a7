//! A load of requests over several connections; each connection sends one request after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;

/// A request, and the body of the expected response.
#[derive(Clone, Copy)]
pub(crate) struct LoadRequest {
    pub(crate) path: &'static str,
    pub(crate) want: &'static str,
}

/// The end of a load.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Elapsed(Duration),
    Sent(u64),
}

/// The results of a load: requests per second, and the 99th percentile of their times.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

impl Load {
    /// Puts the server at `authority` under load.
    ///
    /// Fails if a request has no response or an unexpected one.
    pub(crate) async fn run(
        authority: &str,
        n_connections: usize,
        asks: &'static [LoadRequest],
        until: Until,
    ) -> Result<Self> {
        let started = Instant::now();
        let sent = Arc::new(AtomicU64::new(0));
        let mut connections = JoinSet::new();
        for _ in 0..n_connections {
            let connection = Connection {
                authority: authority.to_owned(),
                asks,
                sent: Arc::clone(&sent),
                started,
                until,
            };
            connections.spawn(connection.run());
        }
        let mut times = Vec::new();
        while let Some(ended) = connections.join_next().await {
            times.extend(ended??);
        }
        let elapsed = started.elapsed();
        times.sort_unstable();
        let p99 = times
            .get(times.len() * 99 / 100)
            .ok_or("no request got a response")?;
        Ok(Self {
            per_second: times.len() as f64 / elapsed.as_secs_f64(),
            p99_ms: p99.as_secs_f64() * 1e3,
        })
    }
}

struct Connection {
    authority: String,
    asks: &'static [LoadRequest],
    /// The number of requests that all connections have sent.
    sent: Arc<AtomicU64>,
    started: Instant,
    until: Until,
}

impl Connection {
    async fn run(self) -> std::result::Result<Vec<Duration>, String> {
        let mut times = Vec::new();
        self.converse(&mut times).await.map_err(|error| {
            let mut text = format!(
                "{}: a connection failed after {} responses: {error}",
                self.authority,
                times.len()
            );
            let mut cause = error.source();
            while let Some(error) = cause {
                text += &format!(": {error}");
                cause = error.source();
            }
            text
        })?;
        Ok(times)
    }

    async fn converse(&self, times: &mut Vec<Duration>) -> Result<()> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        while let Some(ask) = self.next() {
            let request = Request::get(ask.path)
                .header(header::HOST, &self.authority)
                .body(Empty::<Bytes>::new())?;
            let started = Instant::now();
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            if status != 200 || body != ask.want {
                return Err(format!(
                    "{}: unexpected response {status} with body {body:?}",
                    ask.path
                )
                .into());
            }
            times.push(started.elapsed());
        }
        Ok(())
    }

    fn next(&self) -> Option<LoadRequest> {
        let n_sent = self.sent.fetch_add(1, Ordering::Relaxed);
        let is_running = match self.until {
            Until::Elapsed(time) => self.started.elapsed() < time,
            Until::Sent(count) => n_sent < count,
        };
        let nth = usize::try_from(n_sent).ok()? % self.asks.len();
        self.asks.get(nth).copied().filter(|_| is_running)
    }
}
