//! One request of a connection: read within the limits, answered by the application, logged.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{Semaphore, watch};

use super::record::Record;
use crate::application::Application;
use crate::{Error, ErrorKind};

/// What answers the requests of one connection.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) client: SocketAddr,
    pub(super) permits: Arc<Semaphore>,
    pub(super) application: watch::Receiver<Application>,
}

/// Why a request has no answer of a guest.
pub(super) enum Refusal {
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

impl Service {
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let mut record = Record::new(&request, self.client);
        let answer = self.ask(request, &mut record).await;
        let response = match answer {
            Ok(response) => response,
            Err(refusal) => {
                let response = refusal.response();
                record.refused(refusal);
                response
            }
        };
        record.answered(response.status(), response.body().len());
        Ok(response.map(Full::new))
    }

    async fn ask(
        &self,
        request: Request<Incoming>,
        record: &mut Record,
    ) -> Result<Response<Bytes>, Refusal> {
        let application = self.application.borrow().clone();
        let limits = application.harness().limits().clone();
        let (head, body) = request.into_parts();
        let body = read(body, limits.request_body_bytes, limits.wall_time).await?;
        record.received(body.len());
        let permit = tokio::time::timeout(limits.wall_time, self.permits.acquire());
        let _permit = permit.await.map_err(|_elapsed| Refusal::NoInstance {
            instances: limits.instances,
            wall_time: limits.wall_time,
        })?;
        let handled = application
            .handle_from(Request::from_parts(head, body), Some(self.client))
            .await;
        record.routed(handled.route);
        handled.response.map_err(Refusal::Guest)
    }
}

async fn read(body: Incoming, limit: usize, timeout: Duration) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge(limit));
    }
    let collected = tokio::time::timeout(timeout, Limited::new(body, limit).collect())
        .await
        .map_err(|_elapsed| Refusal::BodyTooSlow(timeout))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge(limit)),
        Err(error) => Err(Refusal::BodyCut(error)),
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BodyCut(_) => StatusCode::BAD_REQUEST,
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
                "the limit of {instances} instances at a time was reached for {wall_time:?}"
            ),
            Self::Guest(error) => error.fmt(formatter),
        }
    }
}
