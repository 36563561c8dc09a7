//! The upstream's response: read within the limits, then handed to the guest.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::failure::Failure;
use crate::Limits;
use crate::bindings::wire;
use crate::headers::{headers_to_wire, section_bytes, value_to_text};

/// A whole response and where it came from.
pub(crate) struct Answer {
    response: Response<Vec<u8>>,
    pub(crate) address: Option<SocketAddr>,
}

impl Answer {
    /// Checks status and header section, and reads the body to its end.
    pub(crate) async fn read(
        response: Response<Incoming>,
        address: Option<SocketAddr>,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let (head, body) = response.into_parts();
        if head.status.is_informational() {
            return Err(Failure::UnexpectedStatus(head.status.as_u16()));
        }
        let fields = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_bytes()));
        if section_bytes(fields) > limits.header_section_bytes {
            return Err(Failure::Limit {
                what: "bytes in the response's header section",
                limit: limits.header_section_bytes,
            });
        }
        let body = read_body(body, limits.response_body_bytes).await?;
        Ok(Self {
            response: Response::from_parts(head, body),
            address,
        })
    }

    /// The answer of a self call in process.
    pub(crate) fn in_process(response: Response<Bytes>) -> Self {
        Self {
            response: response.map(Vec::from),
            address: None,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn body_bytes(&self) -> usize {
        self.response.body().len()
    }

    /// The `location` of a redirect that can be followed.
    pub(crate) fn redirect_location(&self) -> Option<String> {
        let follows = matches!(
            self.response.status(),
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let location = self.response.headers().get(header::LOCATION)?;
        follows.then(|| value_to_text(location))
    }

    /// A body is always `some`, as in Spin: empty for HEAD, 204 and 304.
    pub(crate) fn into_wire(self) -> wire::Response {
        let (head, body) = self.response.into_parts();
        wire::Response {
            status: head.status.as_u16(),
            headers: Some(headers_to_wire(&head.headers)),
            body: Some(body),
        }
    }
}

async fn read_body(mut body: Incoming, limit: usize) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure::Limit {
        what: "bytes in the response's body",
        limit,
    };
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(declared);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::transport(error, limit))?;
        if let Ok(data) = frame.into_data() {
            if data.len() > limit - bytes.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
