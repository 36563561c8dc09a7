//! The response to an outbound request: held within the limits, then handed to the guest.

use std::net::SocketAddr;

use http::{HeaderMap, Response, StatusCode, header};

use super::failure::Failure;
use crate::Limits;
use crate::bindings::wire;
use crate::body::Body;
use crate::headers::{headers_to_wire, is_within, value_to_text};

/// A response and where it came from; its body is whole, or still to be read.
pub(crate) struct Answer<B = Body> {
    pub(super) response: Response<B>,
    pub(crate) address: Option<SocketAddr>,
}

impl Answer {
    /// Checks the head of what the network or a component of the same application answered.
    pub(crate) fn new(
        response: Response<Body>,
        address: Option<SocketAddr>,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        if response.status().is_informational() {
            return Err(Failure::UnexpectedStatus(response.status().as_u16()));
        }
        check_headers(response.headers(), limits)?;
        Ok(Self { response, address })
    }

    /// Reads the body to its end.
    pub(crate) async fn read(self, limits: &Limits) -> Result<Answer<Vec<u8>>, Failure> {
        let (head, mut body) = self.response.into_parts();
        let body = body.whole(limits.response_body_bytes).await;
        let body = body.map_err(|error| Failure::response_body(error, limits))?;
        Ok(Answer {
            response: Response::from_parts(head, body),
            address: self.address,
        })
    }
}

impl Answer<Vec<u8>> {
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
