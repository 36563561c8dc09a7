//! The scripted upstream of a trial: it answers what the scenario says, and remembers what arrived.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::scenario::{Exchange, Places, Step, Then};

/// More fields than any host sends.
const MAX_FIELDS: usize = 4_096;

/// The first byte of a client that speaks TLS, which no upstream here does.
const TLS_HANDSHAKE: u8 = 0x16;

/// An upstream on a free port of loopback; dropping it closes everything.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    pub(super) line: String,
    /// Names in lower case, values as ISO-8859-1 if they are not UTF-8.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Which connection it came on, counted from 0.
    pub(super) connection: usize,
    /// The exchange of the script that it was taken for; none for one too many.
    pub(super) exchange: Option<usize>,
}

struct Shared {
    script: Vec<Exchange>,
    places: Places,
    /// Whether requests of several invocations arrive in any order, each exchange `copies` times.
    copies: Option<usize>,
    arrived: Mutex<Vec<Arrived>>,
}

impl Upstream {
    /// Takes a port. Nobody is answered before [`Upstream::serve`].
    pub(super) async fn bind() -> std::io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
    }

    /// Answers by `script`: in its order, or each exchange `parallel` times in any order.
    pub(super) fn serve(
        listener: TcpListener,
        script: Vec<Exchange>,
        places: Places,
        parallel: usize,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            places,
            copies: (parallel > 1).then_some(parallel),
            arrived: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            _tasks: tasks,
        })
    }

    /// What has arrived so far, in order.
    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.shared.lock().clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut n_connections = 0;
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // A connection that breaks is what some scenarios are about.
            drop(shared.converse(stream, n_connections).await);
        });
        n_connections += 1;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Arrived>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn converse(&self, mut stream: TcpStream, connection: usize) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut unread = Vec::new();
        loop {
            let request = read_request(&mut stream, &mut unread).await;
            let is_rest = !matches!(request, Ok(Some(_))) && !unread.is_empty();
            if is_rest && unread.first() != Some(&TLS_HANDSHAKE) {
                // Bytes beyond a request are as wrong as a request too many.
                self.lock().push(Arrived {
                    line: format!("no request: {}", unread.escape_ascii()),
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
            let Some(exchange) = self.take(request) else {
                return Ok(());
            };
            self.answer(&mut stream, exchange).await?;
            match exchange.then {
                Then::Keep => {}
                Then::Close => return stream.shutdown().await,
                Then::Reset => return stream.set_zero_linger(),
                Then::Wait => {
                    stream.read_to_end(&mut Vec::new()).await?;
                    return Ok(());
                }
            }
        }
    }

    /// Remembers a request, and finds the exchange that it belongs to.
    fn take(&self, mut request: Arrived) -> Option<&Exchange> {
        let mut arrived = self.lock();
        let is_free = |index: usize, copies: usize| {
            let taken = arrived.iter().filter(|seen| seen.exchange == Some(index));
            taken.count() < copies
        };
        request.exchange = match self.copies {
            None => (0..self.script.len()).find(|&index| is_free(index, 1)),
            Some(copies) => self
                .script
                .iter()
                .enumerate()
                .position(|(index, exchange)| {
                    self.places.fill(&exchange.sees.line) == request.line && is_free(index, copies)
                }),
        };
        let exchange = request.exchange;
        arrived.push(request);
        self.script.get(exchange?)
    }

    async fn answer(&self, stream: &mut TcpStream, exchange: &Exchange) -> std::io::Result<()> {
        for step in exchange.answers.steps() {
            match step {
                Step::Pause { pause_ms } => {
                    stream.flush().await?;
                    tokio::time::sleep(Duration::from_millis(*pause_ms)).await;
                }
                Step::Bytes(piece) => {
                    // The suite has checked every piece when it was read.
                    let bytes = piece.bytes(&self.places).unwrap_or_default();
                    stream.write_all(&bytes).await?;
                }
            }
        }
        stream.flush().await
    }
}

/// The next request of a connection; none at its end.
async fn read_request(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> std::io::Result<Option<Arrived>> {
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

/// Request line and header section, and how long they are; none if they are not all there.
fn parse_head(bytes: &[u8]) -> std::io::Result<Option<(Arrived, usize)>> {
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
    let arrived = Arrived {
        line: bytes_to_text(line),
        headers: headers.collect(),
        body: Vec::new(),
        connection: 0,
        exchange: None,
    };
    Ok(Some((arrived, head_bytes)))
}

/// The text of bytes on the wire: UTF-8, or else ISO-8859-1, so that none is lost.
fn bytes_to_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}
