//! Requests as JSON, for the page: short in the list, and with everything but the bodies when one is opened.

use std::borrow::Cow;
use std::time::SystemTime;

use http::{HeaderMap, Version};
use serde::Serialize;
use spin_harness::Via;
use spin_harness::outbound::headers::value_to_text;
use spin_harness::recording::{BodyEnd, RecordedBody, RecordedExchange, Redaction};

use crate::content::{Kind, sniff};
use crate::store::{Bounds, Call, ExchangeState, Output, Request, State};

/// What the list shows.
#[derive(Serialize)]
pub(crate) struct ListView {
    /// The requests that have changed.
    pub(crate) requests: Vec<RequestView>,
    /// The number of the oldest request that is kept; older ones are no longer listed.
    pub(crate) oldest: Option<u64>,
    pub(crate) kept: usize,
    pub(crate) left: u64,
    pub(crate) bytes: usize,
    pub(crate) most_requests: usize,
    pub(crate) most_bytes: usize,
}

/// A request in the list.
#[derive(Serialize)]
pub(crate) struct RequestView {
    id: u64,
    started_ms: f64,
    #[serde(flatten)]
    exchange: ExchangeView,
    calls: Vec<CallView>,
    output_bytes: usize,
}

/// A call in the list.
#[derive(Serialize)]
pub(crate) struct CallView {
    id: u64,
    parent: Option<u64>,
    hop: u32,
    /// From the start of the request.
    offset_us: u64,
    rule: Option<String>,
    entry_to_add: Option<String>,
    via: Option<Via>,
    #[serde(flatten)]
    exchange: ExchangeView,
}

/// What a request and a call have in common.
#[derive(Serialize)]
struct ExchangeView {
    is_running: bool,
    method: String,
    url: String,
    component: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    error_code: Option<String>,
    request_bytes: u64,
    response_bytes: u64,
    phases: Phases,
}

/// How long the phases took, in microseconds.
#[derive(Serialize, Default)]
struct Phases {
    blocked_us: u64,
    /// `None` if no name was resolved, as for a connection that was kept.
    dns_us: Option<u64>,
    /// With the TLS handshake. `None` if no connection was opened.
    connect_us: Option<u64>,
    tls_us: Option<u64>,
    send_us: u64,
    wait_us: u64,
    receive_us: u64,
}

impl ListView {
    /// What has changed after `revision`, at most `most` requests, and the revision that this leads to.
    pub(crate) fn since(state: &State, bounds: Bounds, revision: u64, most: usize) -> (Self, u64) {
        let mut changed: Vec<_> = state
            .requests()
            .filter(|request| request.revision > revision)
            .collect();
        changed.sort_unstable_by_key(|request| request.revision);
        let reached = match changed.get(most) {
            Some(_) => {
                changed.truncate(most);
                changed.last().map_or(0, |request| request.revision)
            }
            None => state.revision(),
        };
        let view = Self {
            requests: changed.into_iter().map(RequestView::new).collect(),
            oldest: state.requests().next().map(|request| request.chain),
            kept: state.requests().count(),
            left: state.n_left(),
            bytes: state.n_bytes(),
            most_requests: bounds.requests,
            most_bytes: bounds.bytes,
        };
        (view, reached)
    }
}

impl RequestView {
    fn new(request: &Request) -> Self {
        let exchange = request.state.packed().exchange();
        let (started, calls) = (request.started(), request.calls().iter());
        Self {
            id: request.chain,
            started_ms: unix_ms(started),
            exchange: ExchangeView::new(exchange, is_running(&request.state)),
            calls: calls.map(|call| CallView::new(call, started)).collect(),
            output_bytes: request.output().map_or(0, |output| output.n_bytes),
        }
    }
}

impl CallView {
    fn new(call: &Call, request_started: SystemTime) -> Self {
        let offset = call
            .started
            .duration_since(request_started)
            .unwrap_or_default();
        let mut exchange = call.state.packed().exchange();
        Self {
            id: call.id,
            parent: exchange.parent,
            hop: exchange.hop,
            offset_us: us(offset),
            rule: exchange.rule.take(),
            entry_to_add: exchange.entry_to_add.take(),
            via: exchange.via.take(),
            exchange: ExchangeView::new(exchange, is_running(&call.state)),
        }
    }
}

fn is_running(state: &ExchangeState) -> bool {
    match state {
        ExchangeState::Running(_) => true,
        ExchangeState::Ended(_) => false,
    }
}

impl ExchangeView {
    fn new(exchange: RecordedExchange, is_running: bool) -> Self {
        let response = exchange.response.as_ref();
        let (error, error_code) = match exchange.failure {
            Some(failure) => (Some(failure.cause), failure.error_code),
            None => (None, None),
        };
        let timings = &exchange.timings;
        Self {
            is_running,
            method: exchange.request.method.to_string(),
            url: exchange.request.url,
            component: exchange.component.as_deref().map(str::to_owned),
            status: response.map(|response| response.status.as_u16()),
            error,
            error_code,
            request_bytes: exchange.request.body.size,
            response_bytes: response.map_or(0, |response| response.body.size),
            phases: Phases {
                blocked_us: us(timings.blocked),
                dns_us: timings.dns.map(us),
                connect_us: timings.connect.map(us),
                tls_us: timings.tls.map(us),
                send_us: us(timings.send),
                wait_us: us(timings.wait),
                receive_us: us(timings.receive),
            },
        }
    }
}

/// A request that is opened.
#[derive(Serialize)]
pub(crate) struct RequestDetails {
    id: u64,
    revision: u64,
    /// The inbound exchange; `None` until it has ended.
    inbound: Option<ExchangeDetails>,
    /// The calls that have ended.
    calls: Vec<ExchangeDetails>,
    output: Vec<OutputView>,
    output_bytes: usize,
    most_output_bytes: usize,
}

#[derive(Serialize)]
struct ExchangeDetails {
    /// `None` for the inbound exchange.
    id: Option<u64>,
    request: MessageView,
    response: Option<MessageView>,
    /// What a person needs beyond the error: the end of a failed guest's stderr, and its backtrace.
    details: Option<String>,
}

#[derive(Serialize)]
struct MessageView {
    /// Of a response.
    version: Option<&'static str>,
    fields: Vec<FieldView>,
    trailers: Vec<FieldView>,
    body: BodyView,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    value: String,
    /// Whether the value is secret, and left out.
    is_hidden: bool,
}

#[derive(Serialize)]
struct BodyView {
    kind: Kind,
    /// How many bytes passed.
    size: u64,
    /// How many of them are kept.
    kept: usize,
    end: &'static str,
}

#[derive(Serialize)]
struct OutputView {
    component: String,
    stream: &'static str,
    text: String,
}

impl RequestDetails {
    /// `redaction` says what is left out.
    pub(crate) fn new(request: &Request, redaction: &Redaction) -> Self {
        let details = |state: &ExchangeState| match state {
            ExchangeState::Ended(ended) => Some(ExchangeDetails::new(&ended.exchange(), redaction)),
            ExchangeState::Running(_) => None,
        };
        let calls = request.calls().iter();
        let calls = calls.filter_map(|call| details(&call.state));
        Self {
            id: request.chain,
            revision: request.revision,
            inbound: details(&request.state),
            calls: calls.collect(),
            output: request.output().map(output).unwrap_or_default(),
            output_bytes: request.output().map_or(0, |output| output.n_bytes),
            most_output_bytes: crate::OUTPUT_BYTES,
        }
    }
}

fn output(output: &Output) -> Vec<OutputView> {
    let pieces = output.pieces.iter().map(|piece| OutputView {
        component: piece.component.clone(),
        stream: piece.stream.name(),
        text: String::from_utf8_lossy(&piece.bytes).into_owned(),
    });
    pieces.collect()
}

impl ExchangeDetails {
    fn new(exchange: &RecordedExchange, redaction: &Redaction) -> Self {
        let request = &exchange.request;
        let failure = exchange.failure.as_ref();
        Self {
            id: exchange.id,
            request: MessageView::new(None, &request.headers, &request.body, redaction),
            response: exchange.response.as_ref().map(|response| {
                MessageView::new(
                    Some(version(response.version)),
                    &response.headers,
                    &response.body,
                    redaction,
                )
            }),
            details: failure.and_then(|failure| failure.details.clone()),
        }
    }
}

impl MessageView {
    fn new(
        version: Option<&'static str>,
        headers: &HeaderMap,
        body: &RecordedBody,
        redaction: &Redaction,
    ) -> Self {
        Self {
            version,
            fields: fields(headers, redaction),
            trailers: fields(&body.trailers, redaction),
            body: BodyView {
                kind: sniff(&body.bytes).0,
                size: body.size,
                kept: body.bytes.len(),
                end: match body.end {
                    BodyEnd::Complete => "complete",
                    BodyEnd::Stopped => "stopped",
                    BodyEnd::Failed => "failed",
                    BodyEnd::TooLarge { .. } => "too-large",
                    BodyEnd::Missing => "missing",
                },
            },
        }
    }
}

fn fields(headers: &HeaderMap, redaction: &Redaction) -> Vec<FieldView> {
    let fields = headers.iter().map(|(name, value)| {
        let is_hidden = redaction.hides(name);
        let value = if is_hidden {
            Cow::Borrowed("")
        } else {
            Cow::Owned(value_to_text(value))
        };
        FieldView {
            name: name.as_str().to_owned(),
            value: value.into_owned(),
            is_hidden,
        }
    });
    fields.collect()
}

pub(crate) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

fn unix_ms(time: SystemTime) -> f64 {
    let since_1970 = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    since_1970.as_secs_f64() * 1e3
}

fn us(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
