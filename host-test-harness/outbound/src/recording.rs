//! Recordings: every exchange of a guest with its bodies, as the guest saw it.
//!
//! A [`Recording`] stands around a caller's [`Transport`], where heads, bodies and trailers pass, and among its
//! observers, which learn of every exchange and how it ended: denied and failed calls, in-process calls, and each
//! redirect hop. It passes each [`RecordedExchange`] to a function once, when the exchange has ended.
//! [`HarWriter`](crate::har::HarWriter) is such a function's usual destination.
//!
//! A body is copied while it passes: the guest gets each piece when it would get it without a recording.

mod exchange;
mod inbound;
pub(crate) mod mode;
mod open;
mod packed;
mod redaction;
mod tee;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Request;

use crate::body::Body;
use crate::caller::Caller;
use crate::error::OutboundError;
use crate::exchange::{Exchange, Observer};
use crate::mocks::MocksLayer;
use crate::transport::{Exchanged, Hop, Transport};
use crate::{BoxFuture, limits, time};
use open::Open;
use packed::{Begun, Packing};
use tee::{Capture, Kept};

pub use exchange::{
    BodyEnd, Direction, RecordedBody, RecordedExchange, RecordedFailure, RecordedRequest,
    RecordedResponse, RecordedTimings,
};
pub use inbound::InboundRecord;
pub use mode::{Existing, RecordMode, UnknownRecordMode};
pub use packed::{ExchangeIdentity, PackedExchange};
pub use redaction::{REDACTED, Redaction};

/// Default of [`Recording::body_bytes`]: 128 MiB, so that every body that a call may have by default is recorded.
pub const DEFAULT_RECORDED_BODY_BYTES: usize = limits::DEFAULT_RESPONSE_BODY_BYTES;

type PackedSink = dyn Fn(PackedExchange) + Send + Sync;

/// What is called with each exchange that has ended.
enum Sink {
    Exchange(Box<dyn Fn(RecordedExchange) + Send + Sync>),
    Packed(Box<PackedSink>),
}

impl Sink {
    fn exchange(&self, exchange: RecordedExchange) {
        match self {
            Self::Exchange(sink) => sink(exchange),
            Self::Packed(sink) => sink(PackedExchange::new(exchange)),
        }
    }

    fn packed(&self, exchange: PackedExchange) {
        match self {
            Self::Exchange(sink) => sink(exchange.exchange()),
            Self::Packed(sink) => sink(exchange),
        }
    }
}

/// Records the exchanges of callers. Clones record to the same function.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use harness_outbound::Caller;
/// use harness_outbound::recording::{RecordedExchange, Recording};
///
/// fn recorded(caller: &mut Caller) -> Arc<Mutex<Vec<RecordedExchange>>> {
///     let exchanges = Arc::new(Mutex::new(Vec::new()));
///     let sink = Arc::clone(&exchanges);
///     Recording::new(move |exchange| sink.lock().unwrap().push(exchange)).attach(caller);
///     exchanges
/// }
/// ```
#[derive(Clone)]
pub struct Recording {
    shared: Arc<Shared>,
    kept: Kept,
    /// What answers instead of the transport.
    replay: Option<MocksLayer>,
}

struct Shared {
    /// Exchanges that the transport has, and whose end the observer has not reported, by their id.
    open: Mutex<HashMap<u64, Open>>,
    sink: Sink,
    begun: Option<Box<PackedSink>>,
}

impl Recording {
    /// Calls `sink` once for each exchange, when it has ended, on the thread that ended it.
    pub fn new(sink: impl Fn(RecordedExchange) + Send + Sync + 'static) -> Self {
        Self::to(Sink::Exchange(Box::new(sink)), None)
    }

    /// [`Recording::new`] for a view of exchanges under way: calls `begun` when a guest receives a request, and when the
    /// transport gets one of its own, before `ended`. An exchange that the transport does not get only ends.
    pub fn live(
        begun: impl Fn(PackedExchange) + Send + Sync + 'static,
        ended: impl Fn(PackedExchange) + Send + Sync + 'static,
    ) -> Self {
        Self::to(Sink::Packed(Box::new(ended)), Some(Box::new(begun)))
    }

    fn to(sink: Sink, begun: Option<Box<PackedSink>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                open: Mutex::default(),
                sink,
                begun,
            }),
            kept: Kept {
                limit: DEFAULT_RECORDED_BODY_BYTES,
                starts: false,
            },
            replay: None,
        }
    }

    /// The largest body that is recorded, in bytes, of requests and of responses. Defaults to
    /// [`DEFAULT_RECORDED_BODY_BYTES`].
    ///
    /// The guest gets a larger body all the same. The record has none of its bytes, unless
    /// [`keep_starts`](Self::keep_starts) says so, and [`BodyEnd::TooLarge`].
    #[must_use]
    pub fn body_bytes(mut self, limit: usize) -> Self {
        self.kept.limit = limit;
        self
    }

    /// Keeps the first bytes of a body that is larger than [`Recording::body_bytes`]. Defaults to none of them.
    #[must_use]
    pub fn keep_starts(mut self) -> Self {
        self.kept.starts = true;
        self
    }

    /// Answers a request that `replay` has, and records the others only.
    pub(crate) fn replaying(mut self, replay: MocksLayer) -> Self {
        self.replay = Some(replay);
        self
    }

    /// Records every outbound exchange of `caller` from now on, whichever transport it has now, and those that its
    /// transport does not get: denied ones, for example. A recording that [replays](crate::har::HarRecording) answers
    /// what it has, and records what it passes on.
    pub fn attach(&self, caller: &mut Caller) {
        caller.transport = self.transport(Arc::clone(&caller.transport));
        caller.observers.push(self.observer());
    }

    /// A transport whose exchanges are recorded when [`Recording::observer`] is told of them. For a caller whose
    /// transport is replaced after [`Recording::attach`].
    #[must_use]
    pub fn transport(&self, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        let recorded = Arc::new(Recorded {
            inner,
            recording: self.clone(),
        });
        match &self.replay {
            Some(replay) => replay.clone().transport(recorded),
            None => recorded,
        }
    }

    /// The observer that [`Recording::attach`] adds to those of a caller.
    #[must_use]
    pub fn observer(&self) -> Observer {
        let shared = Arc::clone(&self.shared);
        let replays = self.replay.is_some();
        Arc::new(move |exchange| match shared.ended(exchange) {
            Some(recorded) => shared.sink.exchange(recorded),
            // It was replayed, or decided by the host, which decides again in a replay.
            None if replays => {}
            None => shared
                .sink
                .exchange(RecordedExchange::without_transport(exchange)),
        })
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins what the transport saw of an exchange, if it had it, with how it ended.
    fn ended(&self, exchange: &Exchange) -> Option<RecordedExchange> {
        let open = self.open().remove(&exchange.id)?;
        Some(open.into_recorded(exchange))
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recording")
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

/// A transport whose exchanges are recorded.
struct Recorded {
    inner: Arc<dyn Transport>,
    recording: Recording,
}

impl Transport for Recorded {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        let entered = time::now();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let request_body = Capture::of(&body, self.recording.kept, &head.headers, entered.1);
            let body = request_body.follow(body, || {});
            let open = Open::new(entered, &head, request_body, hop.connecting);
            let progress = open.progress();
            self.recording.shared.open().insert(hop.id, open);
            if let Some(begun) = &self.recording.shared.begun {
                let packing = Packing::new(&Begun {
                    identity: ExchangeIdentity {
                        started: entered.0,
                        direction: Direction::Outbound,
                        chain: Some(hop.context.chain()),
                        id: Some(hop.id),
                        parent: hop.context.parent(),
                    },
                    hop: hop.number,
                    component: Some(&hop.caller.name),
                    method: &head.method,
                    url: &hop.caller.shown_url(hop.target),
                    headers: &head.headers,
                });
                begun(packing.under_way());
            }
            let exchanged = self
                .inner
                .exchange(hop, Request::from_parts(head, body))
                .await;
            match exchanged {
                Ok(Exchanged { response, via }) => {
                    let (head, body) = response.into_parts();
                    // A guest may read less of it than there is, even if it is in memory.
                    let capture = Capture::passing(self.recording.kept, &head.headers);
                    progress.responded(&head, capture.clone(), via.clone());
                    let body = capture.follow(body, || {});
                    Ok(Exchanged {
                        response: http::Response::from_parts(head, body),
                        via,
                    })
                }
                Err(error) => {
                    progress.failed(&error);
                    Err(error)
                }
            }
        })
    }
}
