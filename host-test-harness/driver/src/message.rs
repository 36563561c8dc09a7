//! Requests, responses and what happened, as data.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use outbound_policy::display::{printable, redacted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spin_harness::mocks::ReceivedRequest;
use spin_harness::outbound::headers::value_to_text;
use spin_harness::{CallSite, ErrorKind, Exchange, Sweep, SweepRun};

use crate::Failure;

/// Header fields, in order. A value is text; one that is not UTF-8 is read as ISO-8859-1.
pub type Fields = Vec<(String, String)>;

/// A request to the application.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMessage {
    /// The method. Defaults to `GET`.
    #[serde(default = "get")]
    pub method: String,
    /// A path with its query, or an absolute URL.
    pub url: String,
    /// The header fields. Defaults to none.
    #[serde(default)]
    pub headers: Fields,
    /// The body, in base64. Defaults to an empty one.
    #[serde(default)]
    pub body: String,
}

fn get() -> String {
    "GET".to_owned()
}

impl RequestMessage {
    /// The request, with its body.
    ///
    /// # Errors
    ///
    /// `invalid-request` if a part of it is not valid; the message names it.
    pub fn parse(self) -> Result<Request<Bytes>, Failure> {
        let body = bytes_of_base64(&self.body)
            .map_err(|error| Failure::new(ErrorKind::InvalidRequest, error))?;
        Ok(parse_head(&self.method, &self.url, &self.headers)?.map(|()| body))
    }
}

/// A request without its body.
///
/// # Errors
///
/// `invalid-request` if a part of it is not valid; the message names it.
pub fn parse_head(
    method: &str,
    url: &str,
    headers: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Result<Request<()>, Failure> {
    let method = http::Method::from_bytes(method.as_bytes())
        .map_err(|error| invalid("method", &printable(method), &error))?;
    let mut request = Request::builder()
        .method(method)
        .uri(url)
        .body(())
        .map_err(|error| invalid("URL", &redacted(url), &error))?;
    *request.headers_mut() = parse_fields(headers)?;
    Ok(request)
}

pub(crate) fn parse_fields(
    fields: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = name.as_ref();
        let field = HeaderName::from_bytes(name.as_bytes())
            .map_err(|error| invalid("header name", &printable(name), &error))?;
        let value = HeaderValue::from_bytes(value.as_ref())
            .map_err(|error| invalid("value of the header", &printable(name), &error))?;
        headers
            .try_append(field, value)
            .map_err(|_full| too_many_fields(fields.len()))?;
    }
    Ok(headers)
}

fn too_many_fields(n_fields: usize) -> Failure {
    let message = format!("a header section of {n_fields} fields is too large");
    Failure::new(ErrorKind::LimitReached, message)
}

fn invalid(what: &str, shown: &str, error: &dyn std::fmt::Display) -> Failure {
    let message = format!("invalid {what} `{shown}`: {error}");
    Failure::new(ErrorKind::InvalidRequest, message)
}

/// A response of the application.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ResponseMessage {
    /// The status, from 200 to 999.
    pub status: u16,
    /// The header fields.
    pub headers: Fields,
    /// The body, in base64; left out if it follows in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The trailer fields; left out if there are none, or if they follow with the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trailers: Fields,
}

impl ResponseMessage {
    pub(crate) fn whole(response: &Response<Bytes>, trailers: &HeaderMap) -> Self {
        Self {
            body: Some(BASE64_STANDARD.encode(response.body())),
            trailers: fields(trailers),
            ..Self::head(response)
        }
    }

    pub(crate) fn head<B>(response: &Response<B>) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: fields(response.headers()),
            body: None,
            trailers: Fields::new(),
        }
    }
}

/// A request that arrived at the mocks, see [`ReceivedRequest`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceivedMessage {
    /// The name of the component that sent it.
    pub component: String,
    /// 0 for the component's own request, 1 for the first redirect, and so on.
    pub hop: u32,
    /// The method.
    pub method: String,
    /// The URL as it would have been sent.
    pub url: String,
    /// The header fields.
    pub headers: Fields,
    /// The whole body, in base64.
    pub body: String,
    /// The name of the mock that answered; null if none matched.
    pub mock: Option<String>,
}

impl From<&ReceivedRequest> for ReceivedMessage {
    fn from(request: &ReceivedRequest) -> Self {
        Self {
            component: request.component.as_ref().to_owned(),
            hop: request.hop,
            method: request.method.to_string(),
            url: request.url.to_string(),
            headers: fields(&request.headers),
            body: BASE64_STANDARD.encode(&request.body),
            mock: request.mock.clone(),
        }
    }
}

/// What the application did so far.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The end of what the components wrote to stdout, at most 64 KiB.
    pub stdout: String,
    /// The end of what the components wrote to stderr, at most 64 KiB.
    pub stderr: String,
    /// The last 1,000 outbound exchanges, in the order in which they ended.
    #[schemars(with = "Vec<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub calls: Vec<Exchange>,
}

/// What the application answered when its upstreams failed, see [`Sweep`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SweepMessage {
    /// The response without a fault.
    pub response: ResponseMessage,
    /// The runs, one for each call and each fault.
    pub runs: Vec<SweepRunMessage>,
}

/// A run with one fault, see [`SweepRun`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SweepRunMessage {
    /// The call that failed.
    pub call: CallSiteMessage,
    /// The name of the fault, such as `refused`.
    pub fault: String,
    /// The kind of answer, such as `server-error`.
    pub answer: &'static str,
    /// The status of the response.
    pub status: Option<u16>,
    /// The error of an application without a response.
    pub message: Option<String>,
    /// Whether the application should be looked at: it trapped, hung, answered nothing valid, or did not notice.
    pub is_problem: bool,
}

/// A call of the application to an upstream, see [`CallSite`].
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallSiteMessage {
    /// The name of the component.
    pub component: String,
    /// The method.
    pub method: String,
    /// The URL as it is sent.
    pub url: String,
    /// 1 for the first call of this component with this method and URL, 2 for the second, and so on.
    pub number: u32,
}

impl From<&CallSite> for CallSiteMessage {
    fn from(site: &CallSite) -> Self {
        Self {
            component: site.component.as_ref().to_owned(),
            method: site.method.to_string(),
            url: site.url.clone(),
            number: site.number,
        }
    }
}

impl From<&SweepRun> for SweepRunMessage {
    fn from(run: &SweepRun) -> Self {
        Self {
            call: (&run.call).into(),
            fault: run.fault.clone(),
            answer: run.answer.as_str(),
            status: run.answer.status().map(|status| status.as_u16()),
            message: run.answer.message().map(str::to_owned),
            is_problem: run.answer.is_problem(),
        }
    }
}

impl From<&Sweep> for SweepMessage {
    fn from(sweep: &Sweep) -> Self {
        Self {
            response: ResponseMessage::whole(&sweep.response, &HeaderMap::new()),
            runs: sweep.runs.iter().map(SweepRunMessage::from).collect(),
        }
    }
}

/// The header fields of a message.
#[must_use]
pub fn fields(headers: &HeaderMap) -> Fields {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), value_to_text(value)))
        .collect()
}

pub(crate) fn bytes_of_base64(text: &str) -> Result<Bytes, String> {
    BASE64_STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|error| format!("`body` is not base64: {error}"))
}

pub(crate) fn base64_of(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_section_that_no_program_can_hold_is_an_error() {
        let of = |n_fields: usize| {
            let fields = (0..n_fields).map(|n| (format!("x-{n}"), "v"));
            parse_fields(&fields.collect::<Vec<_>>())
        };
        assert_eq!(of(20_000).unwrap().len(), 20_000);
        let failure = of(40_000).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::LimitReached.as_str());
        assert_eq!(
            failure.message,
            "a header section of 40000 fields is too large"
        );
    }
}
