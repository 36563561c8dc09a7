//! What a mock answers.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::error::InvalidMock;
use super::fault::Fault;
use super::matcher::header_name;
use super::paced_body::End;
use super::received::ReceivedRequest;
use crate::headers::contradicting_content_length;
use crate::transport::error::TransportError;

/// The name of the fields that make a header section huge.
const PADDING: &str = "x-padding-";
/// The size of the value of each of them, in bytes.
const PADDING_BYTES: usize = 4096;

/// A function of the test that answers a request.
pub(super) type Responder = Arc<dyn Fn(&ReceivedRequest) -> MockResponse + Send + Sync>;

/// What a mock answers: a response, or a failure of the exchange.
///
/// Nothing is added to the response but the `content-type` of [`json()`] and [`text()`].
///
/// ```
/// use std::time::Duration;
///
/// use harness_outbound::mocks::{json, status, text};
/// use serde_json::json;
///
/// let _price = json(&json!({"price": 3})).header("etag", "\"7\"");
/// let _gone = status(410).delay(Duration::from_millis(20));
/// let _cut = text("half of a text").cut_after(4);
/// let _echo = text("{{ request.query.sku }}, call {{ call }}").template();
/// ```
#[derive(Clone)]
#[must_use = "pass it to `Mocks::expect`"]
pub struct MockResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) is_template: bool,
    /// How long after the request the head arrives; `None` for never.
    pub(super) delay: Option<Duration>,
    pub(super) bytes_per_second: Option<NonZeroU64>,
    pub(super) end: End,
    /// How much of the body arrives before its end, if it does not arrive whole.
    pub(super) end_after: Option<usize>,
    pub(super) fails: Option<TransportError>,
    /// Why there is no answer, if a recording lacks it or a function of the test does not make it.
    pub(super) lacks: Option<String>,
    pub(super) sometimes: Option<Sometimes>,
    pub(super) responder: Option<Responder>,
}

/// The body of a response.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Bytes(Bytes),
    Text(String),
    Json(Value),
    /// Each piece with the time that passes before it.
    Pieces(Vec<(Duration, Bytes)>),
}

/// Faults at random.
#[derive(Debug, Clone)]
pub(super) struct Sometimes {
    pub(super) probability: f64,
    pub(super) faults: Vec<TransportError>,
}

impl Sometimes {
    pub(super) fn new(probability: f64, faults: Vec<TransportError>) -> Result<Self, InvalidMock> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(InvalidMock::new(format!(
                "the probability {probability} is not from 0 to 1"
            )));
        }
        if faults.is_empty() {
            return Err(InvalidMock::new(
                "an exchange that fails needs one fault or more",
            ));
        }
        Ok(Self {
            probability,
            faults,
        })
    }

    /// What this call fails with, if it fails.
    pub(super) fn draw(&self, random: &mut fastrand::Rng) -> Option<TransportError> {
        let fails = random.f64() < self.probability;
        // Drawn in any case, so that the numbers of later calls do not depend on the outcome.
        let index = random.usize(..self.faults.len());
        self.faults.get(index).filter(|_| fails).cloned()
    }
}

/// A response with this status, without a body.
///
/// # Panics
///
/// If the status is not from 100 to 999.
#[track_caller]
pub fn status(status: u16) -> MockResponse {
    let code = StatusCode::from_u16(status);
    let code = code.unwrap_or_else(|_invalid| panic!("{status} is not a status from 100 to 999"));
    MockResponse::new(code, Content::Bytes(Bytes::new()))
}

/// A response with the status 200 and a body of `application/json`.
pub fn json(value: &Value) -> MockResponse {
    MockResponse::new(StatusCode::OK, Content::Json(value.clone())).content_type("application/json")
}

/// A response with the status 200 and a body of `text/plain; charset=utf-8`.
pub fn text(text: impl Into<String>) -> MockResponse {
    MockResponse::new(StatusCode::OK, Content::Text(text.into()))
        .content_type("text/plain; charset=utf-8")
}

/// A response with the status 200 and this body, without a `content-type`.
pub fn bytes(bytes: impl Into<Bytes>) -> MockResponse {
    MockResponse::new(StatusCode::OK, Content::Bytes(bytes.into()))
}

/// A response with the status 200 whose body arrives in pieces, each so long after the one before it.
pub fn pieces<B: Into<Bytes>>(pieces: impl IntoIterator<Item = (Duration, B)>) -> MockResponse {
    let pieces = pieces
        .into_iter()
        .map(|(delay, bytes)| (delay, bytes.into()));
    MockResponse::new(StatusCode::OK, Content::Pieces(pieces.collect()))
}

/// The status 429, with `retry-after` in whole seconds.
pub fn too_many_requests(retry_after: Duration) -> MockResponse {
    let mut response =
        MockResponse::new(StatusCode::TOO_MANY_REQUESTS, Content::Bytes(Bytes::new()));
    let seconds = retry_after.as_secs();
    response
        .headers
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// No response, ever: the call ends by its time limit.
pub fn stalled() -> MockResponse {
    MockResponse {
        delay: None,
        ..bytes(Bytes::new())
    }
}

/// No response, since the test cannot make one: the call fails with `reason`, and [`Mocks::verify`](super::Mocks::verify)
/// reports it. For the functions of [`respond_with`].
pub fn no_response(reason: impl Into<String>) -> MockResponse {
    MockResponse {
        lacks: Some(reason.into()),
        ..bytes(Bytes::new())
    }
}

/// What a function of the test answers to each request. The function may block: it has a thread for each call.
///
/// A limit ends a call that waits for the function, but not the function itself. A paused clock stands still until the
/// function returns, so no limit ends the call then: the function must return.
#[must_use]
pub fn respond_with(
    responder: impl Fn(&ReceivedRequest) -> MockResponse + Send + Sync + 'static,
) -> Responses {
    let response = MockResponse {
        responder: Some(Arc::new(responder)),
        ..bytes(Bytes::new())
    };
    response.into()
}

impl MockResponse {
    pub(super) fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            content,
            trailers: None,
            is_template: false,
            delay: Some(Duration::ZERO),
            bytes_per_second: None,
            end: End::Whole,
            end_after: None,
            fails: None,
            lacks: None,
            sometimes: None,
            responder: None,
        }
    }

    /// The status. Defaults to 200. As on the wire, a response with 204 or 304 has no body, nor has one to HEAD.
    ///
    /// # Panics
    ///
    /// If the status is not from 100 to 999.
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        self.status = self::status(status).status;
        self
    }

    /// Adds a header field, after those of the same name. A `content-length` that is not that of the body fails the call,
    /// except in a response to HEAD, or if the body breaks off or stalls.
    ///
    /// # Panics
    ///
    /// If the name is not a token, or if the value has a control character.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = valid_field(name, value.as_ref());
        self.headers.append(name, value);
        self
    }

    /// Exactly these header fields, in order.
    ///
    /// # Panics
    ///
    /// As [`MockResponse::header`].
    #[track_caller]
    pub fn headers<'a, V: AsRef<[u8]>>(
        mut self,
        fields: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Self {
        self.headers.clear();
        for (name, value) in fields {
            self = self.header(name, value);
        }
        self
    }

    fn content_type(mut self, value: &'static str) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(value));
        self
    }

    /// Adds a trailer field.
    ///
    /// # Panics
    ///
    /// As [`MockResponse::header`].
    #[track_caller]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = valid_field(name, value.as_ref());
        self.trailers.get_or_insert_default().append(name, value);
        self
    }

    /// Renders the header values, and the texts of a body of [`text()`] or [`json()`], as Jinja templates.
    ///
    /// They can read `call`, which is 1 for the first call, and `request`: its `method`, `url`, `host`, `path`,
    /// `segments`, `query`, `headers` (the first value of each name), `text`, `json` and `component`. A text of a JSON
    /// body that is a single `{{ … }}` becomes the value, with its type. A name without a value fails the call, and so
    /// does a template of more than 1,000,000 steps or 64 MB of text.
    ///
    /// # Panics
    ///
    /// If a template is invalid, or if the body is made of bytes or pieces.
    #[track_caller]
    pub fn template(mut self) -> Self {
        self.is_template = true;
        self.check_template()
            .unwrap_or_else(|invalid| panic!("{invalid}"));
        self
    }

    /// How long after the request the head arrives. Defaults to no delay.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// How fast the body arrives. Defaults to all at once.
    ///
    /// # Panics
    ///
    /// If `n_bytes` is 0: see [`MockResponse::stall_after`] for a body that never arrives.
    #[track_caller]
    pub fn bytes_per_second(mut self, n_bytes: u64) -> Self {
        let rate = rate(n_bytes).unwrap_or_else(|invalid| panic!("{invalid}"));
        self.bytes_per_second = Some(rate);
        self
    }

    /// The body breaks off after so many bytes, with [`TransportError::Incomplete`].
    pub fn cut_after(self, n_bytes: usize) -> Self {
        self.fails_after(n_bytes, TransportError::Incomplete)
    }

    /// The body fails after so many bytes.
    pub fn fails_after(mut self, n_bytes: usize, error: TransportError) -> Self {
        self.end = End::Fails(error);
        self.end_after = Some(n_bytes);
        self
    }

    /// Nothing arrives after so many bytes of the body: the call ends by its time limit.
    pub fn stall_after(mut self, n_bytes: usize) -> Self {
        self.end = End::Stalls;
        self.end_after = Some(n_bytes);
        self
    }

    /// Adds header fields of so many bytes together. The limit of a header section is 256 KiB unless it was set.
    pub fn huge_headers(mut self, n_bytes: usize) -> Self {
        let full = Bytes::from_static(&[b'a'; PADDING_BYTES]);
        let mut left = n_bytes;
        let mut index = 0_u32;
        while left > 0 {
            let name = format!("{PADDING}{index}");
            // All fields share the memory of their values.
            let value = full.slice(..PADDING_BYTES.min(left.saturating_sub(name.len())));
            left = left.saturating_sub(name.len() + value.len());
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_maybe_shared(value);
            // No guest gets as many fields as a map holds.
            let (Ok(name), Ok(value)) = (name, value) else {
                break;
            };
            if self.headers.try_append(name, value).is_err() {
                break;
            }
            index += 1;
        }
        self
    }

    /// Fails this part of the calls, from 0 to 1, with one of `faults`. The random numbers are those of
    /// [`Mocks::seed`](super::Mocks::seed).
    ///
    /// # Panics
    ///
    /// If the part is not from 0 to 1, or if there are no faults.
    #[track_caller]
    pub fn fails_sometimes(
        mut self,
        probability: f64,
        faults: impl IntoIterator<Item = TransportError>,
    ) -> Self {
        let sometimes = Sometimes::new(probability, faults.into_iter().collect());
        self.sometimes = Some(sometimes.unwrap_or_else(|invalid| panic!("{invalid}")));
        self
    }

    /// Checks that a body that arrives whole is as long as its `content-length` says: a server's would fail.
    pub(super) fn check_length(&self) -> Result<(), InvalidMock> {
        if self.end != End::Whole {
            return Ok(());
        }
        let n_bytes = match &self.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Text(text) => text.len(),
            Content::Json(value) => value.to_string().len(),
            Content::Pieces(pieces) => pieces.iter().map(|(_, bytes)| bytes.len()).sum(),
        };
        match contradicting_content_length(&self.headers, n_bytes) {
            None => Ok(()),
            Some(length) => Err(InvalidMock::new(format!(
                "the response has `content-length: {}` and a body of {n_bytes} bytes; leave the field out",
                crate::headers::value_to_text(length)
            ))),
        }
    }

    pub(super) fn check_template(&self) -> Result<(), InvalidMock> {
        match &self.content {
            Content::Text(text) => super::template::check(text)?,
            Content::Json(value) => super::template::check_json(value)?,
            Content::Bytes(bytes) if bytes.is_empty() => {}
            Content::Bytes(_) | Content::Pieces(_) => {
                return Err(InvalidMock::new(
                    "a template needs a body of text or JSON; this one has bytes or pieces",
                ));
            }
        }
        for value in self.headers.values() {
            super::template::check(&crate::headers::value_to_text(value))?;
        }
        Ok(())
    }
}

/// How fast a body arrives, in bytes per second.
pub(super) fn rate(n_bytes: u64) -> Result<NonZeroU64, InvalidMock> {
    NonZeroU64::new(n_bytes).ok_or_else(|| {
        InvalidMock::new(
            "a body of 0 bytes per second never arrives; let it stall after 0 bytes instead",
        )
    })
}

/// A header field of a response.
pub(super) fn field(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), InvalidMock> {
    let field_name = header_name(name)?;
    let value = HeaderValue::from_bytes(value).map_err(|_invalid| {
        InvalidMock::new(format!(
            "the value of the header `{name}` has a control character, such as a line break"
        ))
    })?;
    Ok((field_name, value))
}

#[track_caller]
fn valid_field(name: &str, value: &[u8]) -> (HeaderName, HeaderValue) {
    field(name, value).unwrap_or_else(|invalid| panic!("{invalid}"))
}

impl From<TransportError> for MockResponse {
    fn from(error: TransportError) -> Self {
        Self {
            fails: Some(error),
            ..bytes(Bytes::new())
        }
    }
}

impl From<Fault> for MockResponse {
    fn from(fault: Fault) -> Self {
        fault.0.into()
    }
}

impl fmt::Debug for MockResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MockResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("content", &self.content)
            .field("fails", &self.fails)
            .finish_non_exhaustive()
    }
}

/// The responses of a mock, one for each call. The last one answers all further calls.
///
/// A response, a [`TransportError`], or a list of responses converts into it.
#[derive(Debug, Clone)]
pub struct Responses(pub(super) Vec<MockResponse>);

impl From<MockResponse> for Responses {
    fn from(response: MockResponse) -> Self {
        Self(vec![response])
    }
}

impl From<TransportError> for Responses {
    fn from(error: TransportError) -> Self {
        Self(vec![error.into()])
    }
}

impl From<Vec<MockResponse>> for Responses {
    fn from(responses: Vec<MockResponse>) -> Self {
        Self(responses)
    }
}

impl<const N: usize> From<[MockResponse; N]> for Responses {
    fn from(responses: [MockResponse; N]) -> Self {
        Self(responses.into())
    }
}
