//! The format of a scenario.

mod byte_string;
mod options;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use byte_string::ByteString;
pub use options::Options;

use super::backend::Backend;
use super::placeholders::Placeholders;

/// One guest-visible behaviour.
///
/// Every string may contain placeholders: `{upstream}` is the authority (`127.0.0.1:PORT`) of the scripted
/// upstream, `{port}` its port, `{other}` the authority of the second upstream, and `{closed}` an authority
/// whose port is closed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The group that the scenario belongs to.
    pub group: Group,
    /// The specification of the behaviour, such as `RFC 9110 section 5.3`.
    pub source: String,
    /// An explanation beyond the name.
    pub note: Option<String>,
    /// The import whose behaviour this is. If absent, it is the behaviour of both.
    pub backend: Option<Backend>,
    /// Entries of `allowed_http_hosts`. Without either list, the guest may call every port of 127.0.0.1.
    pub allowed_http_hosts: Option<Vec<String>>,
    /// Entries of `allowed_outbound_hosts`.
    pub allowed_outbound_hosts: Option<Vec<String>>,
    /// Options of the host that differ from the defaults.
    #[serde(default)]
    pub options: Options,
    /// The number of concurrent invocations that make the same requests. With more than one, the upstreams
    /// accept the requests in any order. Defaults to 1.
    #[serde(default = "one")]
    pub parallel: usize,
    /// Whether the guest makes its requests at the same time. The upstreams accept them in any order then. Only over
    /// `wasi:http`.
    #[serde(default)]
    pub concurrent: bool,
    /// The requests that the guest makes in one invocation, in order.
    pub requests: Vec<Request>,
    /// The outcomes that the guest must get, one for each request.
    pub expect: Vec<ExpectedOutcome>,
    /// The requests that the upstream must receive, in order, with its responses. Any other request fails the
    /// trial.
    #[serde(default)]
    pub upstream: Vec<ScriptedExchange>,
    /// The same for the second upstream.
    #[serde(default)]
    pub other: Vec<ScriptedExchange>,
}

/// A group of scenarios: a row of the matrix.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Request targets and forms of URLs.
    Urls,
    /// Methods, including those that the import does not have.
    Methods,
    /// Header fields of requests and responses.
    Headers,
    /// Bodies of requests and responses, and their framing.
    Bodies,
    /// Statuses.
    Statuses,
    /// Redirects.
    Redirects,
    /// Permissions, including `self`.
    Permissions,
    /// Kinds of errors, and their details.
    Errors,
    /// Limits and timeouts.
    Limits,
    /// Several calls, in sequence and concurrently.
    Calls,
}

/// A request that the guest makes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method's name.
    pub method: String,
    /// The URI as the guest gives it.
    pub uri: String,
    /// Header fields in order; a name may repeat.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body. An absent body differs from an empty one.
    pub body: Option<ByteString>,
    /// Further header fields, whose values need not be UTF-8. Only over `wasi:http`, as are all fields that follow.
    #[serde(default)]
    pub raw_headers: Vec<(String, ByteString)>,
    /// The body in pieces, instead of `body`. The guest sends a piece, reads as many bytes of the response as it has
    /// sent, and only then sends the next piece.
    #[serde(default)]
    pub pieces: Vec<ByteString>,
    /// Whether the SDK follows redirects, or returns the response that is a redirect. Defaults to true.
    #[serde(default = "yes")]
    pub follow_redirects: bool,
    /// The deadline of the whole call, in milliseconds after its start. The guest gives it to the SDK.
    pub timeout_ms: Option<u64>,
}

/// The outcome that the guest must get for a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ExpectedOutcome {
    /// A response.
    Response(ExpectedResponse),
    /// An error.
    Error(ExpectedError),
}

/// A response that the guest must get.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedResponse {
    /// The status.
    pub status: u16,
    /// All header fields. The values of a name are compared in order; the order of different names is not
    /// compared. If absent, the header fields are not compared.
    pub headers: Option<Vec<(String, String)>>,
    /// The body. Defaults to an empty body.
    #[serde(default)]
    pub body: ByteString,
    /// All trailers, compared as the header fields are. If absent, the trailers are not compared.
    pub trailers: Option<Vec<(String, String)>>,
}

/// An error that the guest must get. The method that the error names must be that of the request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// The kind: a case of the WIT enum `http-error`, or a kind that an SDK reports without calling the host.
    pub error: String,
    /// The URL that the error must name. Defaults to the URI of the request.
    pub url: Option<String>,
    /// The error code of `wasi:http` that the SDK must give. If absent, it is not compared.
    pub cause: Option<String>,
}

/// A request that an upstream must receive, and the upstream's response.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedExchange {
    /// The request that the upstream must receive.
    pub request: ExpectedRequest,
    /// The bytes that the upstream sends. Defaults to none.
    #[serde(default)]
    pub response: ResponseScript,
    /// Whether the upstream responds before it has read the body of the request, and after `response` sends each part
    /// of that body back as it arrives, as chunks. Then `response` is the head of a chunked response.
    #[serde(default)]
    pub echo: bool,
    /// What the upstream does after its response. Defaults to keeping the connection open.
    #[serde(default)]
    pub then: AfterResponse,
}

/// A request that an upstream must receive.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRequest {
    /// The request line, such as `GET /a?b HTTP/1.1`.
    pub line: String,
    /// All header fields, names in lower case. The values of a name are compared in order; the order of
    /// different names is not compared. `host` defaults to the authority of the upstream.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body. Defaults to an empty body.
    #[serde(default)]
    pub body: ByteString,
    /// Whether the request must arrive on the connection of the previous request, or on a different one. If
    /// absent, the connection is not compared.
    pub same_connection: Option<bool>,
}

/// The bytes that an upstream sends.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResponseScript {
    /// One step.
    One(Step),
    /// Steps in order.
    Many(Vec<Step>),
}

/// Bytes to send, a pause, or a condition to wait for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Step {
    /// A pause. The bytes before it are flushed.
    Pause {
        /// The length of the pause in milliseconds.
        pause_ms: u64,
    },
    /// A wait until the upstream has received as many requests. The bytes before it are flushed.
    Requests {
        /// The number of requests, this one included.
        after_requests: usize,
    },
    /// Bytes to send.
    Bytes(ByteString),
}

/// What an upstream does after its response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterResponse {
    /// Waits for the next request on the connection.
    #[default]
    Keep,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Sends nothing more and waits until the client closes the connection.
    Wait,
}

impl Default for ResponseScript {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl ResponseScript {
    /// The steps in order.
    pub(super) fn steps(&self) -> &[Step] {
        match self {
            Self::One(step) => std::slice::from_ref(step),
            Self::Many(steps) => steps,
        }
    }

    fn byte_strings(&self) -> impl Iterator<Item = &ByteString> {
        self.steps().iter().filter_map(|step| match step {
            Step::Bytes(bytes) => Some(bytes),
            Step::Pause { .. } | Step::Requests { .. } => None,
        })
    }
}

impl Scenario {
    /// Whether every host can run the scenario: it needs only calls to 127.0.0.1 and sets no option.
    #[must_use]
    pub fn is_portable(&self) -> bool {
        self.allowed_http_hosts.is_none()
            && self.allowed_outbound_hosts.is_none()
            && self.options == Options::default()
    }

    /// Checks what the schema cannot express: one outcome for each request, and valid base64.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.requests.len() != self.expect.len() {
            return Err(format!(
                "`requests` has {} entries and `expect` has {}; every request needs one outcome",
                self.requests.len(),
                self.expect.len()
            ));
        }
        if self.backend != Some(Backend::WasiHttp) && self.needs_wasi_http() {
            return Err(
                "`concurrent`, `raw_headers`, `pieces`, `follow_redirects`, `timeout_ms`, `trailers` and `cause` need \
                 `\"backend\": \"wasi-http\"`"
                    .to_owned(),
            );
        }
        if self.parallel == 0 {
            return Err("`parallel` is 0; it must be at least 1".to_owned());
        }
        let mut byte_strings = self.byte_strings();
        byte_strings.try_for_each(|bytes| bytes.bytes(&Placeholders::default()).map(drop))
    }

    /// Whether the scenario uses what only `wasi:http` has.
    fn needs_wasi_http(&self) -> bool {
        let is_plain = |request: &Request| {
            request.raw_headers.is_empty()
                && request.pieces.is_empty()
                && request.follow_redirects
                && request.timeout_ms.is_none()
        };
        let is_plain_outcome = |outcome: &ExpectedOutcome| match outcome {
            ExpectedOutcome::Response(response) => response.trailers.is_none(),
            ExpectedOutcome::Error(error) => error.cause.is_none(),
        };
        self.concurrent
            || !self.requests.iter().all(is_plain)
            || !self.expect.iter().all(is_plain_outcome)
    }

    fn byte_strings(&self) -> impl Iterator<Item = &ByteString> {
        let requests = self.requests.iter();
        let requests = requests.flat_map(|request| {
            let raw_values = request.raw_headers.iter().map(|(_, value)| value);
            request.body.iter().chain(&request.pieces).chain(raw_values)
        });
        let expected = self.expect.iter().filter_map(|outcome| match outcome {
            ExpectedOutcome::Response(response) => Some(&response.body),
            ExpectedOutcome::Error(_) => None,
        });
        let exchanges = self.upstream.iter().chain(&self.other);
        let exchanges = exchanges.flat_map(|exchange| {
            std::iter::once(&exchange.request.body).chain(exchange.response.byte_strings())
        });
        requests.chain(expected).chain(exchanges)
    }
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}
