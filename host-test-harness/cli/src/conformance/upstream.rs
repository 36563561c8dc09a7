//! The scripted upstream of a trial: it sends the responses of the scenario and records the requests it receives.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spin_harness::outbound::headers::bytes_to_text;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::placeholders::Placeholders;
use super::scenario::{AfterResponse, ScriptedExchange, Step};

/// The maximum number of header fields in a request, more than any host sends.
const MAX_FIELDS: usize = 4_096;

/// The first byte that a TLS client sends. No upstream of the suite speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

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
    /// With concurrent invocations, the number of requests for each exchange, which arrive in any order.
    /// `None` with one invocation, whose requests arrive in the order of the script.
    copies: Option<usize>,
    received: Mutex<Vec<ReceivedRequest>>,
}

impl Upstream {
    /// Reserves a port. [`Upstream::serve`] accepts the connections.
    pub(super) async fn bind() -> std::io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
    }

    /// Sends the responses of `script`: in its order, or, if `parallel` is more than 1, each of them `parallel`
    /// times in any order.
    pub(super) fn serve(
        listener: TcpListener,
        script: Vec<ScriptedExchange>,
        placeholders: Placeholders,
        parallel: usize,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            script,
            placeholders,
            copies: (parallel > 1).then_some(parallel),
            received: Mutex::default(),
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
            let request = read_request(&mut stream, &mut unread).await;
            let has_other_bytes = !matches!(request, Ok(Some(_))) && !unread.is_empty();
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
            let Some(mut request) = request? else {
                return Ok(());
            };
            request.connection = connection;
            let Some(exchange) = self.record(request) else {
                return Ok(());
            };
            self.respond(&mut stream, exchange).await?;
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

    /// Records a request, and finds its exchange in the script.
    fn record(&self, mut request: ReceivedRequest) -> Option<&ScriptedExchange> {
        let mut received = self.lock();
        let is_free = |index: usize, copies: usize| {
            let requests = received.iter();
            let requests = requests.filter(|request| request.exchange == Some(index));
            requests.count() < copies
        };
        request.exchange = match self.copies {
            None => (0..self.script.len()).find(|&index| is_free(index, 1)),
            Some(copies) => self
                .script
                .iter()
                .enumerate()
                .position(|(index, exchange)| {
                    self.placeholders.fill(&exchange.request.line) == request.line
                        && is_free(index, copies)
                }),
        };
        let exchange = request.exchange;
        received.push(request);
        self.script.get(exchange?)
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

/// Reads the next request of a connection, or `None` if the client has closed it.
async fn read_request(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> std::io::Result<Option<ReceivedRequest>> {
    loop {
        if let Some((mut request, head_bytes)) = parse_head(unread)? {
            let length = request
                .headers
                .iter()
                .find(|(name, _)| name == "content-length");
            let length = length
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(0);
            unread.drain(..head_bytes);
            while unread.len() < length {
                if stream.read_buf(unread).await? == 0 {
                    break;
                }
            }
            request.body = unread.drain(..length.min(unread.len())).collect();
            return Ok(Some(request));
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// Parses the request line and the header section, and returns their length in bytes. `None` if they are
/// incomplete.
fn parse_head(bytes: &[u8]) -> std::io::Result<Option<(ReceivedRequest, usize)>> {
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let status = request
        .parse(bytes)
        .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(head_bytes) = status else {
        return Ok(None);
    };
    let headers = request.headers.iter();
    let headers =
        headers.map(|field| (field.name.to_ascii_lowercase(), bytes_to_text(field.value)));
    let line = bytes
        .split(|&byte| byte == b'\r')
        .next()
        .unwrap_or_default();
    let request = ReceivedRequest {
        line: bytes_to_text(line),
        headers: headers.collect(),
        body: Vec::new(),
        connection: 0,
        exchange: None,
    };
    Ok(Some((request, head_bytes)))
}
