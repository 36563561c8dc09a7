//! One request of a connection: read within the limits, answered by the application, logged.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{Semaphore, watch};

use super::body::{AnswerBody, Held, inbound_body};
use super::record::Record;
use crate::application::Application;
use crate::{Error, ErrorKind, Limits};
use harness_outbound::Body;

/// Bytes of request bodies that may be held at a time, if one body may not have more.
const BODIES_BYTES: usize = 1 << 30;

/// A body's size as its semaphore counts it.
const BODY_UNIT_BYTES: usize = 1 << 10;

/// What answers the requests of all connections.
pub(super) struct Shared {
    application: watch::Receiver<Application>,
    /// One for each request that may be with a guest. Calls in process need instances too, and must
    /// not wait for one behind the request that makes them, so half of the instances is theirs.
    instances: Arc<Semaphore>,
    /// Room for request bodies, in units of [`BODY_UNIT_BYTES`].
    bodies: Semaphore,
    n_under_way: watch::Sender<usize>,
}

/// Why a request has no answer of a guest.
pub(super) enum Refusal {
    /// The header section has more fields or bytes than the limits.
    HeadersTooLarge { bytes: usize, fields: usize },
    /// There are several `host` fields, or one that is no authority.
    InvalidHost,
    /// The body is larger than the limit, in bytes.
    BodyTooLarge(usize),
    /// The body did not arrive in time.
    BodyTooSlow(Duration),
    /// The client did not send the body that it announced.
    BodyCut(Box<dyn std::error::Error + Send + Sync>),
    /// No instance became free in time.
    NoInstance { instances: u32, wall_time: Duration },
    /// The guest failed.
    Guest(Error),
}

/// Counts a request for as long as it lives.
pub(super) struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|n_requests| *n_requests += 1);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|n_requests| *n_requests -= 1);
    }
}

impl Shared {
    pub(super) fn new(limits: &Limits, application: watch::Receiver<Application>) -> Self {
        let instances = usize::try_from(limits.instances).unwrap_or(usize::MAX);
        let bodies_bytes = BODIES_BYTES.max(limits.request_body_bytes);
        Self {
            application,
            instances: Arc::new(Semaphore::new((instances / 2).max(1))),
            bodies: Semaphore::new(
                (bodies_bytes / BODY_UNIT_BYTES + 1).min(Semaphore::MAX_PERMITS),
            ),
            n_under_way: watch::Sender::new(0),
        }
    }

    pub(super) fn n_under_way(&self) -> usize {
        *self.n_under_way.borrow()
    }

    pub(super) async fn wait_for_none_under_way(&self) {
        let mut count = self.n_under_way.subscribe();
        // The sender lives as long as `self`.
        drop(count.wait_for(|n_requests| *n_requests == 0).await);
    }

    pub(super) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Result<Response<AnswerBody>, Infallible> {
        let under_way = UnderWay::new(&self.n_under_way);
        let mut record = Record::new(&request, client);
        let answer = self.ask(request, client, &mut record).await;
        let response = answer.unwrap_or_else(|refusal| {
            let response = refusal.response().map(Body::from);
            record.refused(refusal);
            response
        });
        record.answering(response.status());
        let held = Held {
            record,
            _under_way: under_way,
        };
        Ok(response.map(|body| AnswerBody::new(body, held)))
    }

    async fn ask(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        record: &mut Record,
    ) -> Result<Response<Body>, Refusal> {
        let application = self.application.borrow().clone();
        let limits = application.harness().limits().clone();
        let route = application.route(request.uri().path());
        let streams = route
            .as_ref()
            .is_some_and(|route| application.streams(route));
        record.routed(route);
        check_head(&request, &limits)?;
        let (head, body) = request.into_parts();
        let body = if streams {
            inbound_body(body, &limits, record.receiving())?
        } else {
            let body = tokio::time::timeout(limits.wall_time, self.read(body, &limits)).await;
            let body = body.map_err(|_elapsed| Refusal::BodyTooSlow(limits.wall_time))??;
            record.received(body.len());
            Body::from(body)
        };
        let instance = Arc::clone(&self.instances).acquire_owned();
        let permit = tokio::time::timeout(limits.wall_time, instance).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Refusal::NoInstance {
                instances: limits.instances,
                wall_time: limits.wall_time,
            });
        };
        let context = application.context().holding(permit);
        application
            .respond_routed(Request::from_parts(head, body), Some(client), context)
            .await
            .map(|routed| routed.response)
            .map_err(Refusal::Guest)
    }

    /// Reads a body once there is room for it.
    async fn read(&self, body: Incoming, limits: &Limits) -> Result<Bytes, Refusal> {
        let limit = limits.request_body_bytes;
        let size = body.size_hint();
        if size.lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(Refusal::BodyTooLarge(limit));
        }
        let upper = size.upper().and_then(|upper| usize::try_from(upper).ok());
        let room = upper.unwrap_or(limit).min(limit).div_ceil(BODY_UNIT_BYTES);
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        let _room = self.bodies.acquire_many(room).await;
        match Limited::new(body, limit).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge(limit)),
            Err(error) => Err(Refusal::BodyCut(error)),
        }
    }
}

/// What hyper leaves to its caller: the limits for HTTP/2, and the one `host` of RFC 9112 section 3.2.
fn check_head<B>(request: &Request<B>, limits: &Limits) -> Result<(), Refusal> {
    let headers = request.headers();
    if !limits.headers().allow(headers) {
        return Err(Refusal::HeadersTooLarge {
            bytes: limits.header_section_bytes,
            fields: limits.header_fields,
        });
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_valid = match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (Some(_), Some(_)) => false,
    };
    if is_valid {
        Ok(())
    } else {
        Err(Refusal::InvalidHost)
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::HeadersTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BodyCut(_) | Self::InvalidHost => StatusCode::BAD_REQUEST,
            Self::NoInstance { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Guest(error) if error.kind() == ErrorKind::WallTimeReached => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::Guest(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status in words; the reason is for the log, not for the client.
    fn response(&self) -> Response<Bytes> {
        let status = self.status();
        let mut response = Response::new(Bytes::from(format!("{status}\n")));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadersTooLarge { bytes, fields } => write!(
                formatter,
                "the header section exceeds the limit of {bytes} bytes or {fields} fields"
            ),
            Self::InvalidHost => formatter.write_str("`host` is not one authority"),
            Self::BodyTooLarge(limit) => write!(
                formatter,
                "the limit of {limit} bytes in a request's body is reached"
            ),
            Self::BodyTooSlow(limit) => write!(
                formatter,
                "the request's body did not arrive within the limit of {limit:?} on wall time"
            ),
            Self::BodyCut(error) => write!(formatter, "the request's body is cut off: {error}"),
            Self::NoInstance {
                instances,
                wall_time,
            } => write!(
                formatter,
                "half of the limit of {instances} instances at a time was in use for {wall_time:?}; \
                 `--max-instances` raises it"
            ),
            Self::Guest(error) => error.fmt(formatter),
        }
    }
}
