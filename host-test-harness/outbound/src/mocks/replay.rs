//! Mocks that answer as a recording does.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use outbound_policy::{Origin, Target};

use super::response::no_response;
use super::{InvalidMock, MockResponse, Mocks, Responses, UrlPattern, any, bytes, stalled};
use crate::exchange::Via;
use crate::har::{self, HarError};
use crate::recording::{
    BodyEnd, Direction, REDACTED, RecordedBody, RecordedExchange, RecordedRequest,
};
use crate::transport::error::TransportError;

/// The requests of a recording that are equal, and their outcomes in the order of the recording.
struct Recorded {
    method: Method,
    url: String,
    /// `None` if the recording does not have it: any body matches then.
    body: Option<Bytes>,
    outcomes: Vec<MockResponse>,
}

impl Mocks {
    /// Mocks that answer as the HAR file `path` recorded it.
    ///
    /// Each recorded request to an upstream is an expectation of its method, URL and body, which is met by as many
    /// calls as were recorded. Equal requests get their responses in the order of the recording. Header fields are not
    /// compared, since recordings have no secrets, and a redacted query parameter may have any value. A recorded failure
    /// of the network is repeated. A body that the recorded guest did not read to its end is incomplete after what it read.
    ///
    /// A call that the guest ended before there was a response has none in a replay either, until the guest ends it again.
    /// A call fails if the recording does not have its response or the body of it.
    ///
    /// What the host decided without an upstream is decided again: calls that were denied or that hit a limit, and
    /// calls of a component of the application. Exchanges of other schemes than http and https, such as those that a
    /// browser records, are left out.
    ///
    /// ```no_run
    /// use harness_outbound::mocks::Mocks;
    ///
    /// let mocks = Mocks::from_har("recording.har")?;
    /// # Ok::<(), harness_outbound::har::HarError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HarError`] if the file cannot be read.
    pub fn from_har(path: impl AsRef<Path>) -> Result<Self, HarError> {
        let path = path.as_ref();
        let mut all: Vec<Recorded> = Vec::new();
        for (index, exchange) in har::read_file(path)?.into_iter().enumerate() {
            let outcome = match outcome(&exchange) {
                Ok(Some(outcome)) => outcome,
                Ok(None) => continue,
                Err(reason) => {
                    let RecordedRequest { method, url, .. } = &exchange.request;
                    let path = path.display();
                    no_response(format!(
                        "cannot replay {method} {url}: log.entries[{index}] of {path} {reason}"
                    ))
                }
            };
            let request = exchange.request;
            let body = (request.body.end == BodyEnd::Complete).then_some(request.body.bytes);
            let equal = all.iter_mut().find(|recorded| {
                recorded.method == request.method
                    && recorded.url == request.url
                    && recorded.body == body
            });
            match equal {
                Some(recorded) => recorded.outcomes.push(outcome),
                None => all.push(Recorded {
                    method: request.method,
                    url: request.url,
                    body,
                    outcomes: vec![outcome],
                }),
            }
        }
        let mut mocks = Self::new();
        mocks.lock().is_recording = true;
        for recorded in all {
            // Other programs record what they send by other schemes, too.
            let Ok(url) = url_pattern(&recorded.url) else {
                continue;
            };
            let mut expectation = any().method(recorded.method).url(url);
            if let Some(body) = recorded.body {
                expectation = expectation.bytes(body);
            }
            let times = u32::try_from(recorded.outcomes.len()).unwrap_or(u32::MAX);
            mocks = mocks.expect(expectation.times(times), Responses::from(recorded.outcomes));
        }
        Ok(mocks)
    }
}

/// A recorded URL, in which a redacted query parameter has any value.
fn url_pattern(recorded: &str) -> Result<UrlPattern, InvalidMock> {
    let redacted = format!("={REDACTED}");
    if !recorded.contains(&redacted) {
        return UrlPattern::exact(recorded);
    }
    let expression = regex::escape(recorded).replace(&redacted, "=[^&#]*");
    UrlPattern::regex(&format!("^{expression}$"))
}

/// What a replay answers; `None` if no upstream answered, and an error if the recording does not say what it answered.
fn outcome(exchange: &RecordedExchange) -> Result<Option<MockResponse>, String> {
    let is_of_upstream = exchange.direction == Direction::Outbound
        && !matches!(exchange.via, Some(Via::InProcess { .. }));
    if !is_of_upstream {
        return Ok(None);
    }
    let error = exchange
        .failure
        .as_ref()
        .and_then(|failure| failure.error.clone());
    let Some(recorded) = &exchange.response else {
        return match (error, &exchange.failure) {
            (Some(error), _) => Ok(Some(error.into())),
            (None, None) => Ok(None),
            // The host refused the request, or a component of the application failed.
            (None, Some(failure)) if failure.error_code.is_some() => Ok(None),
            (None, Some(_)) if is_to_own_application(&exchange.request.url) => Ok(None),
            // The guest, or its end, ended the call before the upstream answered.
            (None, Some(_)) if exchange.component.is_some() => Ok(Some(stalled())),
            (None, Some(failure)) => Err(format!(
                "has the failure {:?}, which cannot be repeated; mock the call",
                failure.cause
            )),
        };
    };
    let body = &recorded.body;
    let n_bytes = body.bytes.len();
    let mut response = bytes(body.bytes.clone()).status(recorded.status.as_u16());
    response = response.headers(fields(&recorded.headers));
    for (name, value) in fields(&body.trailers) {
        response = response.trailer(name, value);
    }
    match body.end {
        BodyEnd::Complete => Ok(Some(response)),
        // The guest read no further, or the host ended the call: the rest is not in the recording.
        BodyEnd::Stopped | BodyEnd::Failed => {
            let error = error.unwrap_or(TransportError::Incomplete);
            Ok(Some(response.fails_after(n_bytes, error)))
        }
        BodyEnd::TooLarge { .. } | BodyEnd::Missing if has_no_body(exchange, body) => {
            Ok(Some(response))
        }
        BodyEnd::TooLarge { limit } => Err(format!(
            "does not have the body of the response, which is larger than {limit} bytes, the limit of the recording; \
             mock the call"
        )),
        BodyEnd::Missing => Err(
            "does not have the body of the response; save the file with the bodies, or mock the call"
                .to_owned(),
        ),
    }
}

/// Whether a component of the application would answer.
fn is_to_own_application(url: &str) -> bool {
    let Ok(origin) = Origin::parse("http://localhost") else {
        return false;
    };
    Target::parse(url, Some(&origin))
        .is_ok_and(|target| target.is_self() || target.internal_component().is_some())
}

/// Whether the response has no body at all, as one to HEAD.
fn has_no_body(exchange: &RecordedExchange, body: &RecordedBody) -> bool {
    body.end == BodyEnd::Missing && exchange.request.method == Method::HEAD
}

fn fields(fields: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    fields
        .iter()
        .map(|(name, value): (&HeaderName, &HeaderValue)| (name.as_str(), value.as_bytes()))
}
