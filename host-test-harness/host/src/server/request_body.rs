//! The body of a request: streamed to the guest or buffered for it, within the limits.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use harness_outbound::body::Bounded;
use harness_outbound::{Body, BodyError, BoxError};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;

use super::admission::Admission;
use super::error::ServeError;
use crate::Limits;

/// The body for a guest that streams. Its bytes are counted in `received_bytes` as they arrive.
pub(super) fn streamed(
    body: Body,
    limits: &Limits,
    received_bytes: Arc<AtomicUsize>,
) -> Result<Body, ServeError> {
    check_announced_length(&body, limits)?;
    let limit_bytes = limits.request_body_bytes;
    let body = Bounded::counting(body, limit_bytes, received_bytes);
    Ok(Body::stream(body))
}

/// Reads the whole body, once `admission` has room for it and within `wall_time`.
pub(super) async fn buffered(
    body: Body,
    limits: &Limits,
    admission: &Admission,
) -> Result<Bytes, ServeError> {
    let read = tokio::time::timeout(limits.wall_time, read(body, limits, admission)).await;
    read.unwrap_or(Err(ServeError::BodyTimeout(limits.wall_time)))
}

async fn read(body: Body, limits: &Limits, admission: &Admission) -> Result<Bytes, ServeError> {
    check_announced_length(&body, limits)?;
    let limit_bytes = limits.request_body_bytes;
    let upper = body.size_hint().upper();
    let upper = upper.and_then(|upper| usize::try_from(upper).ok());
    let _room = admission
        .buffer(upper.unwrap_or(limit_bytes).min(limit_bytes))
        .await;
    match Limited::new(body, limit_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(ServeError::BodyTooLarge { limit_bytes })
        }
        Err(error) => Err(ServeError::BodyCutOff(cause(error))),
    }
}

/// Why the connection that a body came from broke.
fn cause(error: BoxError) -> BoxError {
    match error.downcast::<BodyError>().map(|error| *error) {
        Ok(BodyError::Aborted(cause)) => cause,
        Ok(error) => error.into(),
        Err(error) => error,
    }
}

/// Refuses a body whose `content-length` exceeds the limit before any of it is read.
fn check_announced_length(body: &Body, limits: &Limits) -> Result<(), ServeError> {
    let limit_bytes = limits.request_body_bytes;
    if body.size_hint().lower() > u64::try_from(limit_bytes).unwrap_or(u64::MAX) {
        return Err(ServeError::BodyTooLarge { limit_bytes });
    }
    Ok(())
}
