//! Inbound exchanges: a client's request to a guest.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, Version};
use tokio::time::Instant;

use super::exchange::{Direction, RecordedFailure};
use super::open::timings;
use super::packed::{Begun, Ended, ExchangeIdentity, Packing};
use super::tee::{Capture, Kept};
use super::{Recording, Shared};
use crate::body::Body;
use crate::context::CallContext;
use crate::time::now;

impl Recording {
    /// Records a request that a guest receives. Pass on the request that is returned, and the response to
    /// [`InboundRecord::responded`].
    ///
    /// `context` is the start of the chain of calls that the request leads to. `component` is the guest, if there is one.
    /// `url` is the absolute URL that the client asked for; a request of HTTP/1.1 has only its path and query.
    ///
    /// ```
    /// use harness_outbound::recording::Recording;
    /// use harness_outbound::{Body, CallContext};
    /// use http::{Request, Response};
    ///
    /// async fn serve(
    ///     recording: &Recording,
    ///     context: CallContext,
    ///     request: Request<Body>,
    /// ) -> Response<Body> {
    ///     let url = format!("http://127.0.0.1:3000{}", request.uri());
    ///     let (request, record) = recording.inbound(&context, Some("api"), &url, request);
    ///     let response = respond(request, context).await;
    ///     record.responded(response)
    /// }
    /// # async fn respond(request: Request<Body>, _context: CallContext) -> Response<Body> {
    /// #     Response::new(request.into_body())
    /// # }
    /// ```
    pub fn inbound(
        &self,
        context: &CallContext,
        component: Option<&str>,
        url: &str,
        request: Request<Body>,
    ) -> (Request<Body>, InboundRecord) {
        let (started, started_at) = now();
        let (head, body) = request.into_parts();
        let packing = Packing::new(&Begun {
            identity: ExchangeIdentity {
                started,
                direction: Direction::Inbound,
                chain: Some(context.chain()),
                id: None,
                parent: None,
            },
            hop: 0,
            component,
            method: &head.method,
            url,
            headers: &head.headers,
        });
        if let Some(begun) = &self.shared.begun {
            begun(packing.under_way());
        }
        let request_body = Capture::of(&body, self.kept, &head.headers, started_at);
        let body = request_body.follow(body, || {});
        let record = InboundRecord {
            open: Some(OpenInbound {
                shared: Arc::clone(&self.shared),
                kept: self.kept,
                packing,
                started_at,
                version: head.version,
                request_body,
            }),
        };
        (Request::from_parts(head, body), record)
    }
}

/// An inbound exchange without a response yet. It is recorded as abandoned if it is dropped.
pub struct InboundRecord {
    /// `None` once it has a response or has failed.
    open: Option<OpenInbound>,
}

struct OpenInbound {
    shared: Arc<Shared>,
    kept: Kept,
    packing: Packing,
    started_at: Instant,
    /// That of the client, which the response has too.
    version: Version,
    request_body: Capture,
}

/// A response on its way to the client.
struct Responded {
    body: Capture,
    at: Instant,
}

impl InboundRecord {
    /// The guest's response, with the body that the client is to get. The exchange is recorded when that body has
    /// ended or is dropped.
    #[must_use]
    pub fn responded(self, response: Response<Body>) -> Response<Body> {
        self.ends_with(response, None)
    }

    /// The guest has no response, and the client is to get this one in its place. `cause` and `details` are those of a
    /// [`RecordedFailure`]; the details may be empty.
    #[must_use]
    pub fn replaced(
        self,
        cause: String,
        details: String,
        response: Response<Body>,
    ) -> Response<Body> {
        self.ends_with(response, Some(RecordedFailure::of_guest(cause, details)))
    }

    fn ends_with(
        mut self,
        response: Response<Body>,
        failure: Option<RecordedFailure>,
    ) -> Response<Body> {
        let Some(mut open) = self.open.take() else {
            return response;
        };
        let (head, body) = response.into_parts();
        open.packing
            .responded(head.status, open.version, &head.headers);
        // Of a body in memory, only the client's connection can fail from now on.
        let at = Instant::now();
        let capture = Capture::of(&body, open.kept, &head.headers, at);
        let responded = Responded {
            body: capture.clone(),
            at,
        };
        let body = capture.follow(body, move || open.end(Some(responded), failure));
        Response::from_parts(head, body)
    }

    /// Neither the guest nor the client has a response. `cause` and `details` are those of a [`RecordedFailure`]; the
    /// details may be empty.
    pub fn failed(mut self, cause: String, details: String) {
        self.end(|| RecordedFailure::of_guest(cause, details));
    }

    fn end(&mut self, failure: impl FnOnce() -> RecordedFailure) {
        if let Some(open) = self.open.take() {
            open.end(None, Some(failure()));
        }
    }
}

impl Drop for InboundRecord {
    fn drop(&mut self) {
        self.end(RecordedFailure::abandoned);
    }
}

impl std::fmt::Debug for InboundRecord {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("InboundRecord")
            .finish_non_exhaustive()
    }
}

impl OpenInbound {
    fn end(self, responded: Option<Responded>, failure: Option<RecordedFailure>) {
        let body = responded.as_ref().map(|responded| &responded.body);
        let (body_ended, body_failure) = (
            body.and_then(Capture::ended),
            body.and_then(Capture::failure),
        );
        let responded_at = responded.as_ref().map(|responded| responded.at);
        let ended = self.packing.end(Ended {
            timings: timings(
                Duration::ZERO,
                self.started_at,
                None,
                (self.request_body.ended(), responded_at),
                body_ended,
            ),
            request_body: self.request_body.into_recorded(),
            response_body: responded.map(|responded| responded.body.into_recorded()),
            rule: None,
            entry_to_add: None,
            via: None,
            failure: failure.or(body_failure),
        });
        self.shared.sink.packed(ended);
    }
}
