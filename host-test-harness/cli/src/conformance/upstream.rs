//! The scripted upstream of a trial: it sends the responses of the scenario and records the requests it receives.

mod request;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::request::read_head;
use super::placeholders::Placeholders;
use super::scenario::{AfterResponse, ScriptedExchange, Step};

/// The end of a chunked body without trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The first byte that a TLS client sends. No upstream of the suite speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

/// The order in which the requests of a script arrive.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// The order of the script.
    OfScript,
    /// Any order. The request line selects the exchange.
    Any {
        /// How often each request arrives.
        copies: usize,
    },
}

/// An upstream on a free port of 127.0.0.1. Dropping it closes its listener and connections.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

/// A request that an upstream received.
#[derive(Debug, Clone)]
pub(super) struct ReceivedRequest {
    pub(super) line: String,
    /// Names are in lower case. Values that are not UTF-8 are decoded as ISO-8859-1.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The number of its connection, counted from 0.
    pub(super) connection: usize,
    /// The index of its exchange in the script, or `None` if the request is unexpected.
    pub(super) exchange: Option<usize>,
}

struct State {
    script: Vec<ScriptedExchange>,
    placeholders: Placeholders,
    order: Order,
    received: Mutex<Vec<ReceivedRequest>>,
    /// Wakes the exchanges that wait until a number of requests has been received.
    has_received: Notify,
}

impl Upstream {
    /// Reserves a port. [`Upstream::serve`] accepts the connections.
    pub(super) async fn bind() -> std::io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
    }

    /// Sends the responses of `script`.
    pub(super) fn serve(
        listener: TcpListener,
        script: Vec<ScriptedExchange>,
        placeholders: Placeholders,
        order: Order,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            script,
            placeholders,
            order,
            received: Mutex::default(),
            has_received: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            _tasks: tasks,
        })
    }

    /// The requests received so far, in order.
    pub(super) fn received(&self) -> Vec<ReceivedRequest> {
        self.state.lock().clone()
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    let mut n_connections = 0;
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // Some scenarios break the connection on purpose.
            drop(state.serve_connection(stream, n_connections).await);
        });
        n_connections += 1;
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Vec<ReceivedRequest>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve_connection(
        &self,
        mut stream: TcpStream,
        connection: usize,
    ) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut unread = Vec::new();
        loop {
            let head = read_head(&mut stream, &mut unread).await;
            let has_other_bytes = !matches!(head, Ok(Some(_))) && !unread.is_empty();
            if has_other_bytes && unread.first() != Some(&TLS_HANDSHAKE) {
                // Bytes that do not form a request count as an unexpected request.
                self.lock().push(ReceivedRequest {
                    line: format!("not a request: {}", unread.escape_ascii()),
                    headers: Vec::new(),
                    body: Vec::new(),
                    connection,
                    exchange: None,
                });
            }
            let Some(head) = head? else {
                return Ok(());
            };
            let mut body = head.body;
            let mut request = ReceivedRequest {
                line: head.line,
                headers: head.headers,
                body: Vec::new(),
                connection,
                exchange: None,
            };
            let is_echo = self.exchange_of(&request).is_some_and(|(_, it)| it.echo);
            if !is_echo {
                while let Some(part) = body.next_part(&mut stream, &mut unread).await? {
                    request.body.extend(part);
                }
            }
            let (index, exchange) = self.record(request);
            let Some(exchange) = exchange else {
                return Ok(());
            };
            self.respond(&mut stream, exchange).await?;
            if is_echo {
                while let Some(part) = body.next_part(&mut stream, &mut unread).await? {
                    stream.write_all(&chunk(&part)).await?;
                    stream.flush().await?;
                    self.append_to_body(index, &part);
                }
                stream.write_all(LAST_CHUNK).await?;
            }
            match exchange.then {
                AfterResponse::Keep => {}
                AfterResponse::Close => return stream.shutdown().await,
                AfterResponse::Reset => return stream.set_zero_linger(),
                AfterResponse::Wait => {
                    stream.read_to_end(&mut Vec::new()).await?;
                    return Ok(());
                }
            }
        }
    }

    /// The exchange of a request that has arrived but is not recorded yet, and its index in the script.
    fn exchange_of(&self, request: &ReceivedRequest) -> Option<(usize, &ScriptedExchange)> {
        let received = self.lock();
        let is_free = |index: usize, copies: usize| {
            let requests = received.iter();
            let requests = requests.filter(|request| request.exchange == Some(index));
            requests.count() < copies
        };
        let mut exchanges = self.script.iter().enumerate();
        exchanges.find(|(index, exchange)| match self.order {
            Order::OfScript => is_free(*index, 1),
            Order::Any { copies } => {
                self.placeholders.fill(&exchange.request.line) == request.line
                    && is_free(*index, copies)
            }
        })
    }

    /// Records a request. Returns its index in the record, and its exchange.
    fn record(&self, mut request: ReceivedRequest) -> (usize, Option<&ScriptedExchange>) {
        let exchange = self.exchange_of(&request);
        request.exchange = exchange.map(|(index, _)| index);
        let mut received = self.lock();
        received.push(request);
        let index = received.len() - 1;
        drop(received);
        self.has_received.notify_waiters();
        (index, exchange.map(|(_, exchange)| exchange))
    }

    /// Appends to the body of a recorded request.
    fn append_to_body(&self, index: usize, part: &[u8]) {
        if let Some(request) = self.lock().get_mut(index) {
            request.body.extend_from_slice(part);
        }
    }

    /// Waits until `count` requests have been received.
    async fn wait_for_requests(&self, count: usize) {
        loop {
            let next = self.has_received.notified();
            if self.lock().len() >= count {
                return;
            }
            next.await;
        }
    }

    async fn respond(
        &self,
        stream: &mut TcpStream,
        exchange: &ScriptedExchange,
    ) -> std::io::Result<()> {
        for step in exchange.response.steps() {
            match step {
                Step::Pause { pause_ms } => {
                    stream.flush().await?;
                    tokio::time::sleep(Duration::from_millis(*pause_ms)).await;
                }
                Step::Requests { after_requests } => {
                    stream.flush().await?;
                    self.wait_for_requests(*after_requests).await;
                }
                Step::Bytes(bytes) => {
                    // `Scenario::check` has decoded the same bytes.
                    let bytes = bytes.bytes(&self.placeholders).unwrap_or_default();
                    stream.write_all(&bytes).await?;
                }
            }
        }
        stream.flush().await
    }
}

/// A chunk of a chunked body.
fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
