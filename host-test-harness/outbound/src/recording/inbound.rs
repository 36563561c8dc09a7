//! Inbound exchanges: a client's request to a guest.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, Request, Response, Version};
use tokio::time::Instant;

use super::exchange::{
    BegunExchange, Direction, RecordedExchange, RecordedFailure, RecordedRequest,
};
use super::open::{Head, timings};
use super::tee::{Capture, Kept};
use super::{Recording, Shared};
use crate::body::Body;
use crate::context::CallContext;
use crate::headers::content_length;
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
    ///     let (request, record) = recording.inbound(&context, Some("api".into()), url, request);
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
        component: Option<Arc<str>>,
        url: String,
        request: Request<Body>,
    ) -> (Request<Body>, InboundRecord) {
        let started = now();
        let (head, body) = request.into_parts();
        if let Some(begun) = &self.shared.begun {
            begun(BegunExchange {
                id: None,
                parent: None,
                direction: Direction::Inbound,
                chain: context.chain(),
                component: component.clone(),
                started: started.0,
                hop: 0,
                method: head.method.clone(),
                url: url.clone(),
            });
        }
        let request_body = Capture::of(&body, self.kept, content_length(&head.headers), started.1);
        let body = request_body.follow(body, || {});
        let record = InboundRecord {
            shared: Arc::clone(&self.shared),
            kept: self.kept,
            open: Some(OpenInbound {
                chain: context.chain(),
                component,
                url,
                started,
                method: head.method.clone(),
                headers: head.headers.clone(),
                version: head.version,
                request_body,
            }),
        };
        (Request::from_parts(head, body), record)
    }
}

/// An inbound exchange without a response yet. It is recorded as abandoned if it is dropped.
pub struct InboundRecord {
    shared: Arc<Shared>,
    kept: Kept,
    /// `None` once it has a response or has failed.
    open: Option<OpenInbound>,
}

struct OpenInbound {
    chain: u64,
    component: Option<Arc<str>>,
    url: String,
    started: (SystemTime, Instant),
    method: Method,
    headers: HeaderMap,
    /// That of the client, which the response has too.
    version: Version,
    request_body: Capture,
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
        let (head, body) = response.into_parts();
        let Some(open) = self.open.take() else {
            return Response::from_parts(head, body);
        };
        // Of a body in memory, only the client's connection can fail from now on.
        let now = Instant::now();
        let capture = Capture::of(&body, self.kept, content_length(&head.headers), now);
        let mut arrived = Head::new(&head, capture.clone(), None, now);
        arrived.version = open.version;
        let shared = Arc::clone(&self.shared);
        let record = move || (shared.sink)(open.into_recorded(Some(arrived), failure));
        let body = capture.follow(body, record);
        Response::from_parts(head, body)
    }

    /// Neither the guest nor the client has a response. `cause` and `details` are those of a [`RecordedFailure`]; the
    /// details may be empty.
    pub fn failed(mut self, cause: String, details: String) {
        self.end(|| RecordedFailure::of_guest(cause, details));
    }

    fn end(&mut self, failure: impl FnOnce() -> RecordedFailure) {
        if let Some(open) = self.open.take() {
            (self.shared.sink)(open.into_recorded(None, Some(failure())));
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
    fn into_recorded(
        self,
        head: Option<Head>,
        failure: Option<RecordedFailure>,
    ) -> RecordedExchange {
        let (started, started_at) = self.started;
        let body_failure = head.as_ref().and_then(|head| head.body.failure());
        RecordedExchange {
            id: None,
            parent: None,
            direction: Direction::Inbound,
            chain: Some(self.chain),
            component: self.component,
            started,
            hop: 0,
            rule: None,
            entry_to_add: None,
            via: None,
            timings: timings(
                Duration::ZERO,
                started_at,
                None,
                (self.request_body.ended(), head.as_ref().map(|head| head.at)),
                head.as_ref().and_then(|head| head.body.ended()),
            ),
            request: RecordedRequest {
                method: self.method,
                url: self.url,
                headers: self.headers,
                body: self.request_body.into_recorded(),
            },
            response: head.map(Head::into_recorded),
            failure: failure.or(body_failure),
        }
    }
}
