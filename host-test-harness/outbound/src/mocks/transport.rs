//! Mocks as a transport.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use url::Url;

use super::Unmatched;
use super::answer::answer;
use super::received::ReceivedRequest;
use super::response::Sometimes;
use super::state::{Selected, State};
use crate::BoxFuture;
use crate::body::{Body, BodyError, Bounded};
use crate::error::OutboundError;
use crate::exchange::Via;
use crate::headers::contradicting_content_length;
use crate::transport::{Exchanged, Hop, Route, Transport};

/// Answers the requests that a mock matches, and sends others on or fails them.
pub(super) struct MockTransport {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) next: Arc<dyn Transport>,
}

impl Transport for MockTransport {
    fn exchange<'a>(
        &'a self,
        hop: Hop<'a>,
        request: Request<Body>,
    ) -> BoxFuture<'a, Result<Exchanged, OutboundError>> {
        Box::pin(self.answer_or_pass_on(hop, request))
    }
}

impl MockTransport {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer_or_pass_on(
        &self,
        hop: Hop<'_>,
        request: Request<Body>,
    ) -> Result<Exchanged, OutboundError> {
        let (head, mut body) = request.into_parts();
        let mut received = received(hop, &head);
        let passes_on = match hop.route {
            Route::Peer(_) => true,
            Route::Upstream => self.lock().unmatched == Unmatched::Network,
        };
        // Its body need not be read to know that no mock answers.
        if passes_on && !self.lock().may_answer(&received) {
            let request = Request::from_parts(head, body);
            return self.next.exchange(hop, request).await;
        }
        let trailers;
        (received.body, trailers) =
            read(&mut body, &head, hop.caller.limits.request_body_bytes).await?;
        let selected = match self.select(&mut received, passes_on) {
            Ok(selected) => selected,
            Err(_) if passes_on => {
                let request = Request::from_parts(head, whole(received.body, trailers));
                return self.next.exchange(hop, request).await;
            }
            Err(error) => return Err(OutboundError::Mock(error)),
        };
        let Selected {
            name,
            response,
            call,
        } = selected;
        let draw = |sometimes: &Sometimes| sometimes.draw(&mut self.lock().random);
        let response = answer(response, &received, call, draw).await;
        if let Err(OutboundError::Mock(error)) = &response {
            self.lock().unexpected(error.clone());
        }
        Ok(Exchanged {
            response: response?,
            via: Via::Mock { name },
        })
    }

    /// Selects the mock, and keeps the request, unless it is passed on.
    fn select(&self, received: &mut ReceivedRequest, passes_on: bool) -> Result<Selected, String> {
        let mut state = self.lock();
        state.is_verified = false;
        let selected = state.select(received);
        match &selected {
            Ok(selected) => received.mock = Some(selected.name.clone()),
            Err(_) if passes_on => return selected,
            Err(error) => state.unexpected(error.clone()),
        }
        if state.keeps_received {
            state.received.push(received.clone());
        }
        selected
    }
}

/// The request without its body.
fn received(hop: Hop<'_>, head: &Parts) -> ReceivedRequest {
    ReceivedRequest {
        component: Arc::clone(&hop.caller.name),
        hop: hop.number,
        method: head.method.clone(),
        url: mocked_url(hop),
        headers: head.headers.clone(),
        body: Bytes::new(),
        mock: None,
    }
}

/// The URL that a mock names, which is the one of the log and of recordings.
fn mocked_url(hop: Hop<'_>) -> Url {
    let shown = Url::parse(&hop.caller.shown_url(hop.target));
    shown.unwrap_or_else(|_invalid| hop.target.url().clone())
}

/// Reads the body of a request, and its trailers, to the end.
async fn read(
    body: &mut Body,
    head: &Parts,
    limit: usize,
) -> Result<(Bytes, Option<HeaderMap>), OutboundError> {
    let read = Bounded::new(body, limit).collect().await;
    let read = read.map_err(|error| match error {
        BodyError::TooLarge { limit } => OutboundError::RequestBodyTooLarge { limit },
        aborted
        @ (BodyError::Producer { .. } | BodyError::Aborted(_) | BodyError::Transport(_)) => {
            OutboundError::RequestBodyAborted(aborted.to_string())
        }
    })?;
    let trailers = read.trailers().cloned();
    let bytes = read.to_bytes();
    match contradicting_content_length(&head.headers, bytes.len()) {
        Some(given) => Err(OutboundError::ContentLength {
            given: String::from_utf8_lossy(given.as_bytes()).into_owned(),
            body_bytes: bytes.len(),
        }),
        None => Ok((bytes, trailers)),
    }
}

/// A body that was read.
fn whole(bytes: Bytes, trailers: Option<HeaderMap>) -> Body {
    match trailers {
        None => Body::from(bytes),
        trailers => {
            let trailers = std::future::ready(trailers.map(Ok));
            let body = Full::new(bytes).with_trailers(trailers);
            Body::stream(body.map_err(|never| match never {}))
        }
    }
}
