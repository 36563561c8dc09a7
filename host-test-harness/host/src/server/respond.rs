//! Responds to a request: reads it within the limits, has the application handle it, and logs it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use harness_outbound::{Body, BodyError, CallContext};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Incoming};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::access_log::LogEntry;
use super::admission::Admission;
use super::error::ServeError;
use super::request_body::{buffered, streamed};
use super::response_body::ResponseBody;
use crate::Limits;
use crate::application::Application;
use crate::inbound::has_valid_host;

/// Responds to the requests of all connections.
pub(super) struct Responder {
    application: watch::Receiver<Application>,
    admission: Admission,
    /// Has a token for each request whose response is not complete.
    in_flight: TaskTracker,
}

impl Responder {
    pub(super) fn new(limits: &Limits, application: watch::Receiver<Application>) -> Self {
        Self {
            application,
            admission: Admission::new(limits),
            in_flight: TaskTracker::new(),
        }
    }

    pub(super) fn in_flight(&self) -> &TaskTracker {
        &self.in_flight
    }

    /// The guest's response, or the server's own if there is none.
    pub(super) async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let in_flight = self.in_flight.token();
        let mut entry = LogEntry::new(&request, client);
        let application = self.application.borrow().clone();
        entry.routed(application.route(request.uri().path()));
        let request = request.map(|body| {
            if body.is_end_stream() {
                Body::from(Bytes::new())
            } else {
                Body::stream(body.map_err(BodyError::from))
            }
        });
        let context = application.context();
        let component = entry.route().and_then(|route| route.component.as_deref());
        // The recordings see the response as the client does.
        let harness = application.harness();
        let (request, records) = harness.record_inbound(&context, component, request);
        let response = self
            .guest_response(&application, request, client, context, &mut entry)
            .await;
        let response = match response {
            Ok(response) => records.responded(response),
            Err(error) => {
                let (cause, details) = (error.to_string(), error.details());
                records.replaced((&cause, &details), own_response(error, &mut entry))
            }
        };
        entry.responded(response.status());
        Ok(response.map(|body| ResponseBody::new(body, entry, in_flight)))
    }

    async fn guest_response(
        &self,
        application: &Application,
        request: Request<Body>,
        client: SocketAddr,
        context: CallContext,
        entry: &mut LogEntry,
    ) -> Result<Response<Body>, ServeError> {
        let limits = application.harness().limits().clone();
        let route = entry.route();
        let streams = route.is_some_and(|route| application.streams(route));
        check_head(&request, &limits)?;
        let (head, body) = request.into_parts();
        let body = if streams {
            streamed(body, &limits, entry.request_body_bytes())?
        } else {
            let body = buffered(body, &limits, &self.admission).await?;
            entry.received(body.len());
            Body::from(body)
        };
        let instance = self.admission.instance(&limits).await?;
        let context = context.holding(instance);
        let routed = application
            .respond_routed(Request::from_parts(head, body), Some(client), context)
            .await?;
        Ok(routed.response)
    }
}

/// The server's response in place of the guest's.
fn own_response(error: ServeError, entry: &mut LogEntry) -> Response<Body> {
    let response = error.response().map(Body::from);
    entry.failed(error);
    response
}

/// Checks what hyper leaves to its caller: the limits on headers for HTTP/2, and `host`.
fn check_head<B>(request: &Request<B>, limits: &Limits) -> Result<(), ServeError> {
    if !limits.headers().allow(request.headers()) {
        return Err(ServeError::HeadersTooLarge {
            bytes: limits.header_section_bytes,
            fields: limits.header_fields,
        });
    }
    if !has_valid_host(request.headers()) {
        return Err(ServeError::InvalidHost);
    }
    Ok(())
}
