//! Requests over a number of connections at a time, each connection one request after the other.

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

/// What is asked in turn, and the answer that is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) path: &'static str,
    pub(crate) want: &'static str,
}

/// When a load ends.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Elapsed(Duration),
    Answered(u64),
}

/// What a load was like.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

impl Load {
    /// Puts the server at `authority` under load. Any answer but the wanted one is an error, and so is none.
    pub(crate) async fn run(
        authority: &str,
        n_connections: usize,
        asks: &'static [Ask],
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
            .ok_or("no request was answered")?;
        Ok(Self {
            per_second: times.len() as f64 / elapsed.as_secs_f64(),
            p99_ms: p99.as_secs_f64() * 1e3,
        })
    }
}

struct Connection {
    authority: String,
    asks: &'static [Ask],
    /// Requests of all connections so far.
    sent: Arc<AtomicU64>,
    started: Instant,
    until: Until,
}

impl Connection {
    async fn run(self) -> std::result::Result<Vec<Duration>, String> {
        let mut times = Vec::new();
        self.converse(&mut times).await.map_err(|error| {
            let mut text = format!(
                "{}, a connection after {} answers: {error}",
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
                return Err(format!("{}: {status} with {body:?} came back", ask.path).into());
            }
            times.push(started.elapsed());
        }
        Ok(())
    }

    fn next(&self) -> Option<Ask> {
        let n_sent = self.sent.fetch_add(1, Ordering::Relaxed);
        let goes_on = match self.until {
            Until::Elapsed(time) => self.started.elapsed() < time,
            Until::Answered(count) => n_sent < count,
        };
        let nth = usize::try_from(n_sent).ok()? % self.asks.len();
        self.asks.get(nth).copied().filter(|_| goes_on)
    }
}
