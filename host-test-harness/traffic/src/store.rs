//! The last requests in memory, bounded by their number and their size.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use spin_harness::recording::{
    Direction, ExchangeIdentity, PackedExchange, RecordedExchange, Recording,
};
use spin_harness::{HarnessBuilder, Stream, Written};
use tokio::sync::watch;

/// Default of [`Bounds::requests`]: 10,000.
pub const DEFAULT_REQUESTS: usize = 10_000;

/// Default of [`Bounds::bytes`]: 64 MiB.
pub const DEFAULT_BYTES: usize = 64 << 20;

/// Default of [`Bounds::body_bytes`]: 8 MiB.
pub const DEFAULT_BODY_BYTES: usize = 8 << 20;

/// The most bytes of a request's stdout and stderr that are kept: 256 KiB, the first ones.
pub const OUTPUT_BYTES: usize = 256 << 10;

/// What an exchange takes beside its own bytes, about.
const EXCHANGE_BYTES: usize = 256;

/// What a piece of output takes beside its bytes, about.
const PIECE_BYTES: usize = 128;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most requests. Defaults to [`DEFAULT_REQUESTS`].
    pub requests: usize,
    /// The most bytes that all requests take together: their header fields, their bodies and those of their calls. Defaults
    /// to [`DEFAULT_BYTES`].
    pub bytes: usize,
    /// The most bytes of a body; of a larger one, these first bytes are kept. Defaults to [`DEFAULT_BODY_BYTES`].
    pub body_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            requests: DEFAULT_REQUESTS,
            bytes: DEFAULT_BYTES,
            body_bytes: DEFAULT_BODY_BYTES,
        }
    }
}

/// The last requests of an application with their calls. Clones share them.
///
/// When a bound is reached, the oldest requests leave.
#[derive(Clone)]
pub struct Traffic(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    ended: Option<Box<Ended>>,
}

type Ended = dyn Fn(&Request) + Send + Sync;

#[derive(Default)]
pub(crate) struct State {
    /// In the order of their chains, which is that of their arrival.
    requests: VecDeque<Request>,
    /// How many have left.
    n_left: u64,
    n_bytes: usize,
    /// Counts changes.
    revision: u64,
}

/// An inbound request, what a guest wrote meanwhile, and the calls that it led to.
#[derive(Debug)]
pub struct Request {
    pub(crate) chain: u64,
    /// That of the last change.
    pub(crate) revision: u64,
    pub(crate) state: ExchangeState,
    n_bytes: usize,
    /// Apart, so that thousands of requests without any take little memory.
    led_to: Option<Box<LedTo>>,
}

/// What a request led to.
#[derive(Debug, Default)]
struct LedTo {
    /// In the order in which they began.
    calls: Vec<Call>,
    output: Output,
}

/// An outbound exchange.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) started: SystemTime,
    pub(crate) state: ExchangeState,
}

impl Call {
    fn new(identity: ExchangeIdentity, state: ExchangeState) -> Self {
        Self {
            id: identity.id.unwrap_or_default(),
            started: identity.started,
            state,
        }
    }
}

#[derive(Debug)]
pub(crate) enum ExchangeState {
    Running(PackedExchange),
    Ended(PackedExchange),
}

impl ExchangeState {
    pub(crate) fn packed(&self) -> &PackedExchange {
        match self {
            Self::Running(exchange) | Self::Ended(exchange) => exchange,
        }
    }

    fn ended(&self) -> Option<&PackedExchange> {
        match self {
            Self::Running(_) => None,
            Self::Ended(exchange) => Some(exchange),
        }
    }
}

/// What guests wrote.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) pieces: Vec<Piece>,
    /// How many bytes were written, whether they are kept or not.
    pub(crate) n_bytes: usize,
    kept: usize,
}

/// What a guest wrote to one stream, until another one was written to.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) component: String,
    pub(crate) stream: Stream,
    pub(crate) bytes: Vec<u8>,
}

impl Output {
    /// Returns how many bytes more it takes.
    fn push(&mut self, component: &str, stream: Stream, bytes: &[u8]) -> usize {
        self.n_bytes += bytes.len();
        let room = OUTPUT_BYTES - self.kept;
        let kept = bytes.get(..room).unwrap_or(bytes);
        if kept.is_empty() {
            return 0;
        }
        self.kept += kept.len();
        let overhead = match self.pieces.last_mut() {
            Some(last) if last.stream == stream && last.component == component => {
                last.bytes.extend_from_slice(kept);
                0
            }
            _ => {
                self.pieces.push(Piece {
                    component: component.to_owned(),
                    stream,
                    bytes: kept.to_vec(),
                });
                PIECE_BYTES
            }
        };
        kept.len() + overhead
    }
}

impl Traffic {
    /// No requests yet.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self::with(bounds, None)
    }

    /// [`Traffic::new`], which also calls `ended` with each request that has its response, on the thread that ended it.
    pub fn ending(bounds: Bounds, ended: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self::with(bounds, Some(Box::new(ended)))
    }

    fn with(bounds: Bounds, ended: Option<Box<Ended>>) -> Self {
        let (changed, _) = watch::channel(());
        Self(Arc::new(Shared {
            bounds,
            state: Mutex::default(),
            changed,
            ended,
        }))
    }

    /// Keeps the traffic of every guest of the harness that is built.
    #[must_use]
    pub fn observe(&self, builder: HarnessBuilder) -> HarnessBuilder {
        let (begun, ended, output) = (self.clone(), self.clone(), self.clone());
        let recording = Recording::live(
            move |exchange| begun.begun(exchange),
            move |exchange| ended.ended(exchange),
        )
        .body_bytes(self.0.bounds.body_bytes)
        .keep_starts();
        builder
            .record(&recording)
            .record_inbound(&recording)
            .observe_output(move |written| output.wrote(written))
    }

    /// How much is kept.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is told of each change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    fn begun(&self, exchange: PackedExchange) {
        let identity = exchange.identity();
        let chain = identity.chain.unwrap_or_default();
        let state = ExchangeState::Running(exchange);
        self.change(|kept| match identity.direction {
            Direction::Inbound => kept.insert(chain, state),
            Direction::Outbound => {
                kept.change(chain, |request| {
                    request.led_to().calls.push(Call::new(identity, state));
                    EXCHANGE_BYTES
                });
            }
        });
    }

    fn ended(&self, exchange: PackedExchange) {
        let identity = exchange.identity();
        let Some(chain) = identity.chain else {
            return;
        };
        let n_bytes = exchange.n_bytes();
        let state = ExchangeState::Ended(exchange);
        self.change(|kept| {
            let request = kept.change(chain, |request| match identity.direction {
                Direction::Inbound => {
                    request.state = state;
                    n_bytes
                }
                Direction::Outbound => n_bytes + request.end_call(Call::new(identity, state)),
            });
            if let (Some(request), Some(ended), Direction::Inbound) =
                (request, &self.0.ended, identity.direction)
            {
                ended(request);
            }
        });
    }

    fn wrote(&self, written: &Written<'_>) {
        self.change(|state| {
            state.change(written.chain, |request| {
                let output = &mut request.led_to().output;
                output.push(written.component, written.stream, written.bytes)
            });
        });
    }

    /// Changes what is kept, within the bounds.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let left = {
            let mut state = self.state();
            change(&mut state);
            state.leave(&self.0.bounds)
        };
        // A page that begins to watch reads all of it.
        if self.0.changed.receiver_count() > 0 {
            self.0.changed.send_replace(());
        }
        // Freed here, while others may have the lock.
        drop(left);
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Traffic")
            .field("bounds", &self.0.bounds)
            .finish_non_exhaustive()
    }
}

impl State {
    fn insert(&mut self, chain: u64, state: ExchangeState) {
        self.revision += 1;
        self.n_bytes += EXCHANGE_BYTES;
        let request = Request {
            chain,
            revision: self.revision,
            state,
            n_bytes: EXCHANGE_BYTES,
            led_to: None,
        };
        // Another thread may have been given a later chain, and been sooner here.
        let before = self.requests.iter().rposition(|it| it.chain < chain);
        self.requests
            .insert(before.map_or(0, |index| index + 1), request);
    }

    /// Changes a request, unless it has left. `change` returns how many bytes more it takes.
    fn change(
        &mut self,
        chain: u64,
        change: impl FnOnce(&mut Request) -> usize,
    ) -> Option<&Request> {
        let index = self.index(chain)?;
        let request = self.requests.get_mut(index)?;
        let n_bytes = change(request);
        self.revision += 1;
        request.revision = self.revision;
        request.n_bytes += n_bytes;
        self.n_bytes += n_bytes;
        Some(request)
    }

    fn index(&self, chain: u64) -> Option<usize> {
        let first = self.requests.front()?.chain;
        // Chains have consecutive numbers, except for those of another application in this process.
        let nearest = usize::try_from(chain.checked_sub(first)?).ok()?;
        match self.requests.get(nearest) {
            Some(request) if request.chain == chain => Some(nearest),
            _ => self
                .requests
                .binary_search_by_key(&chain, |request| request.chain)
                .ok(),
        }
    }

    /// Removes the oldest requests until the bounds hold.
    fn leave(&mut self, bounds: &Bounds) -> Vec<Request> {
        let (mut n_leaving, mut n_bytes) = (0, self.n_bytes);
        // The last one stays, however large it is.
        let n_requests = self.requests.len();
        for oldest in self.requests.iter().take(n_requests.saturating_sub(1)) {
            if n_requests - n_leaving <= bounds.requests && n_bytes <= bounds.bytes {
                break;
            }
            n_bytes -= oldest.n_bytes;
            n_leaving += 1;
        }
        self.n_bytes = n_bytes;
        self.n_left += n_leaving as u64;
        self.revision += n_leaving as u64;
        self.requests.drain(..n_leaving).collect()
    }

    /// The request of this chain, unless it has left.
    pub(crate) fn request(&self, chain: u64) -> Option<&Request> {
        self.requests.get(self.index(chain)?)
    }

    /// All requests, the oldest first.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    pub(crate) fn n_left(&self) -> u64 {
        self.n_left
    }

    pub(crate) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }
}

impl Request {
    fn led_to(&mut self) -> &mut LedTo {
        self.led_to.get_or_insert_default()
    }

    /// Returns how many bytes more it takes beside those of the exchange.
    fn end_call(&mut self, ended: Call) -> usize {
        let calls = &mut self.led_to().calls;
        // It began a moment ago.
        if let Some(call) = calls.iter_mut().rev().find(|call| call.id == ended.id) {
            *call = ended;
            0
        } else {
            calls.push(ended);
            EXCHANGE_BYTES
        }
    }

    pub(crate) fn started(&self) -> SystemTime {
        self.state.packed().identity().started
    }

    /// The calls, in the order in which they began.
    pub(crate) fn calls(&self) -> &[Call] {
        self.led_to.as_deref().map_or(&[], |led_to| &led_to.calls)
    }

    /// What guests wrote, if they did.
    pub(crate) fn output(&self) -> Option<&Output> {
        self.led_to.as_deref().map(|led_to| &led_to.output)
    }

    /// The inbound exchange, or one of the calls, if it has ended.
    pub(crate) fn exchange(&self, call: Option<u64>) -> Option<RecordedExchange> {
        let state = match call {
            None => &self.state,
            Some(id) => &self.calls().iter().find(|call| call.id == id)?.state,
        };
        state.ended().map(PackedExchange::exchange)
    }

    /// All exchanges that have ended, the inbound one first.
    pub(crate) fn exchanges(&self) -> impl Iterator<Item = &PackedExchange> {
        let calls = self.calls().iter().map(|call| &call.state);
        std::iter::once(&self.state)
            .chain(calls)
            .filter_map(ExchangeState::ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_alternates_between_streams_takes_what_its_pieces_take() {
        let mut output = Output::default();
        let mut n_bytes = 0;
        for turn in 0..1_000 {
            let stream = if turn % 2 == 0 {
                Stream::Stdout
            } else {
                Stream::Stderr
            };
            n_bytes += output.push("app", stream, b"a");
        }
        assert_eq!(output.pieces.len(), 1_000);
        assert_eq!(n_bytes, 1_000 * (1 + PIECE_BYTES));
    }
}
