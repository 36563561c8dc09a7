//! A response as it was received: its head checked, its body still to be read or buffered.

use http::{Response, StatusCode, header};

use crate::body::Body;
use crate::error::OutboundError;
use crate::exchange::Via;
use crate::headers::value_to_text;
use crate::limits::{CallLimits, HeaderLimits};
use crate::transport::Exchanged;

/// A response within the limits.
pub(super) struct Received<B = Body> {
    pub(super) response: Response<B>,
    pub(super) via: Via,
}

impl Received {
    /// Checks the head, whichever transport the response came through.
    pub(super) fn new(exchanged: Exchanged, limits: HeaderLimits) -> Result<Self, OutboundError> {
        let Exchanged { response, via } = exchanged;
        if response.status().is_informational() {
            let status = response.status().as_u16();
            return Err(OutboundError::UnexpectedStatus(status));
        }
        if !limits.allow(response.headers()) {
            return Err(OutboundError::ResponseHeaders(limits));
        }
        Ok(Self { response, via })
    }

    /// Reads the body to its end.
    pub(super) async fn read_to_end(
        self,
        limits: &CallLimits,
    ) -> Result<Received<Vec<u8>>, OutboundError> {
        let (head, mut body) = self.response.into_parts();
        let body = body.read_to_end(limits.response_body_bytes).await;
        let body = body.map_err(OutboundError::from_response_body)?;
        Ok(Received {
            response: Response::from_parts(head, body),
            via: self.via,
        })
    }
}

impl Received<Vec<u8>> {
    /// The `location` of a redirect that can be followed. Repeated fields with the same value count once (Fetch,
    /// "location URL").
    pub(super) fn redirect_location(&self) -> Result<Option<String>, OutboundError> {
        let is_redirect = matches!(
            self.response.status(),
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let mut locations = self.response.headers().get_all(header::LOCATION).iter();
        let Some(location) = locations.next().filter(|_| is_redirect) else {
            return Ok(None);
        };
        if locations.any(|other| other != location) {
            return Err(OutboundError::AmbiguousLocation);
        }
        Ok(Some(value_to_text(location)))
    }
}
