//! The response to an outbound request: held within the limits, then handed to the guest.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::failure::Failure;
use crate::Limits;
use crate::bindings::wire;
use crate::headers::{headers_to_wire, is_within, value_to_text};

/// A whole response and where it came from.
pub(crate) struct Answer {
    response: Response<Vec<u8>>,
    pub(crate) address: Option<SocketAddr>,
}

impl Answer {
    /// Checks what the network answered, and reads the body to its end.
    pub(crate) async fn read(
        response: Response<Incoming>,
        address: Option<SocketAddr>,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let (head, body) = response.into_parts();
        if head.status.is_informational() {
            return Err(Failure::UnexpectedStatus(head.status.as_u16()));
        }
        check_headers(&head.headers, limits)?;
        let body = read_body(body, limits).await?;
        Ok(Self {
            response: Response::from_parts(head, body),
            address,
        })
    }

    /// Checks what a component of the same application answered, in process.
    pub(crate) fn in_process(response: Response<Bytes>, limits: &Limits) -> Result<Self, Failure> {
        check_headers(response.headers(), limits)?;
        if response.body().len() > limits.response_body_bytes {
            return Err(too_large(limits));
        }
        Ok(Self {
            response: response.map(Vec::from),
            address: None,
        })
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn body_bytes(&self) -> usize {
        self.response.body().len()
    }

    /// The `location` of a redirect that can be followed: one value, however often it is said
    /// (Fetch, "location URL").
    pub(crate) fn redirect_location(&self) -> Result<Option<String>, Failure> {
        let follows = matches!(
            self.response.status(),
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let mut locations = self.response.headers().get_all(header::LOCATION).iter();
        let Some(location) = locations.next().filter(|_| follows) else {
            return Ok(None);
        };
        if locations.any(|other| other != location) {
            return Err(Failure::AmbiguousLocation);
        }
        Ok(Some(value_to_text(location)))
    }

    /// A body is always `some`, as in Spin.
    pub(crate) fn into_wire(self) -> wire::Response {
        let (head, body) = self.response.into_parts();
        wire::Response {
            status: head.status.as_u16(),
            headers: Some(headers_to_wire(&head.headers)),
            body: Some(body),
        }
    }
}

fn check_headers(headers: &HeaderMap, limits: &Limits) -> Result<(), Failure> {
    if is_within(headers, limits) {
        Ok(())
    } else {
        Err(Failure::response_headers(limits))
    }
}

fn too_large(limits: &Limits) -> Failure {
    Failure::Limit {
        what: "bytes in the response's body",
        limit: limits.response_body_bytes,
    }
}

async fn read_body(mut body: Incoming, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let limit = limits.response_body_bytes;
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(too_large(limits));
    }
    let mut bytes = Vec::with_capacity(declared);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::transport(error, limits))?;
        if let Ok(data) = frame.into_data() {
            if data.len() > limit - bytes.len() {
                return Err(too_large(limits));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
