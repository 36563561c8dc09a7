//! An exchange that the transport has, until the observer reports its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, Version, request, response};
use tokio::time::Instant;

use super::exchange::{
    Direction, RecordedExchange, RecordedFailure, RecordedRequest, RecordedResponse,
    RecordedTimings,
};
use super::tee::Capture;
use crate::call::streaming::timeouts::{Connecting, Connection};
use crate::error::OutboundError;
use crate::exchange::{Exchange, Outcome, Via};
use crate::transport::error::{Phase, TransportError};

/// An exchange under way.
pub(super) struct Open {
    entered: SystemTime,
    entered_at: Instant,
    headers: HeaderMap,
    request_body: Capture,
    connecting: Connecting,
    progress: Progress,
}

impl Open {
    pub(super) fn new(
        (entered, entered_at): (SystemTime, Instant),
        head: &request::Parts,
        request_body: Capture,
        connecting: &Connecting,
    ) -> Self {
        connecting.watch();
        Self {
            entered,
            entered_at,
            headers: head.headers.clone(),
            request_body,
            connecting: connecting.clone(),
            progress: Progress::default(),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    pub(super) fn into_recorded(self, exchange: &Exchange) -> RecordedExchange {
        let arrived = self.progress.take();
        let (head, error) = match arrived {
            Some(Arrived::Response(head)) => (Some(head), None),
            Some(Arrived::Failure { error, at }) => (None, Some((error, at))),
            None => (None, None),
        };
        let body_failure = head.as_ref().and_then(|head| head.body.failure());
        let mut failure = RecordedFailure::of(&exchange.outcome);
        if let Some(failure) = &mut failure {
            failure.error = match (&head, &error, &exchange.outcome) {
                (None, Some((error, _)), _) => error.clone(),
                // The host gives a transport up before its response only when the time for it has passed.
                (None, None, Outcome::Failed { .. }) => {
                    Some(TransportError::Timeout(Phase::ResponseHeaders))
                }
                (None, None, _) => None,
                (Some(_), _, _) => body_failure.and_then(|failure| failure.error),
            };
        }
        let head_at = head.as_ref().map(|head| head.at);
        let head_at = head_at.or(error.map(|(_, at)| at));
        RecordedExchange {
            id: Some(exchange.id),
            parent: exchange.parent,
            direction: Direction::Outbound,
            chain: Some(exchange.chain),
            component: Some(Arc::clone(&exchange.component)),
            started: exchange.started,
            hop: exchange.hop,
            rule: exchange.rule.clone(),
            entry_to_add: exchange.entry_to_add.clone(),
            via: head.as_ref().map(|head| head.via.clone()),
            timings: timings(
                self.entered
                    .duration_since(exchange.started)
                    .unwrap_or_default(),
                self.entered_at,
                Some(self.connecting.connection()),
                (self.request_body.ended(), head_at),
                head.as_ref().and_then(|head| head.body.ended()),
            ),
            request: RecordedRequest {
                method: exchange.method.clone(),
                url: exchange.url.clone(),
                headers: self.headers,
                body: self.request_body.into_recorded(),
            },
            response: head.map(Head::into_recorded),
            failure,
        }
    }
}

/// What has come of an exchange so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<Mutex<Option<Arrived>>>);

#[derive(Debug)]
enum Arrived {
    Response(Head),
    Failure {
        /// `None` if it was not the transport that failed.
        error: Option<TransportError>,
        at: Instant,
    },
}

impl Progress {
    pub(super) fn responded(&self, head: &response::Parts, body: Capture, via: Via) {
        *self.arrived() = Some(Arrived::Response(Head::new(
            head,
            body,
            via,
            Instant::now(),
        )));
    }

    pub(super) fn failed(&self, error: &OutboundError) {
        let error = if let OutboundError::Transport(failure) = error {
            Some(failure.error.clone())
        } else {
            None
        };
        let at = Instant::now();
        *self.arrived() = Some(Arrived::Failure { error, at });
    }

    fn take(&self) -> Option<Arrived> {
        self.arrived().take()
    }

    fn arrived(&self) -> MutexGuard<'_, Option<Arrived>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head of a response, and its body so far.
#[derive(Debug)]
struct Head {
    status: StatusCode,
    version: Version,
    headers: HeaderMap,
    body: Capture,
    via: Via,
    at: Instant,
}

impl Head {
    fn new(head: &response::Parts, body: Capture, via: Via, at: Instant) -> Self {
        Self {
            via,
            status: head.status,
            version: head.version,
            headers: head.headers.clone(),
            body,
            at,
        }
    }

    fn into_recorded(self) -> RecordedResponse {
        RecordedResponse {
            status: self.status,
            version: self.version,
            headers: self.headers,
            body: self.body.into_recorded(),
        }
    }
}

/// The phases of an exchange that the transport had from `entered` until `ended`, or until now if it did not end.
pub(super) fn timings(
    before: Duration,
    entered: Instant,
    connection: Option<Connection>,
    (sent, head): (Option<Instant>, Option<Instant>),
    ended: Option<Instant>,
) -> RecordedTimings {
    let ended = ended.unwrap_or_else(Instant::now);
    let head = head.unwrap_or(ended).max(entered);
    let within = |at: Instant| at.clamp(entered, head);
    let mut timings = RecordedTimings {
        blocked: before,
        receive: ended.saturating_duration_since(head),
        ..RecordedTimings::default()
    };
    let since = connection.map_or(Some(entered), |connection| connection.since);
    let opening = connection.and_then(|connection| connection.opening);
    let ready = match (since.map(within), opening) {
        // A connection that was opened before this exchange began was kept.
        (Some(_), Some(opening)) if opening.ended() > entered => {
            let [began, connected, ended] =
                [opening.began, opening.connected, opening.ended()].map(within);
            let resolved = opening.resolved.map(within);
            timings.blocked += began - entered;
            timings.dns = resolved.map(|resolved| resolved - began);
            timings.connect = Some(ended - resolved.unwrap_or(began));
            timings.tls = opening.secured.map(|_| ended - connected);
            ended
        }
        (Some(ready), _) => {
            timings.blocked += ready - entered;
            ready
        }
        // It got none.
        (None, _) => {
            timings.connect = Some(head - entered);
            head
        }
    };
    // A request body may still be on its way when the response arrives.
    let sent = sent.unwrap_or(ready).clamp(ready, head);
    timings.send = sent - ready;
    timings.wait = head - sent;
    timings
}
