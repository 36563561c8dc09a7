//! A scenario: one behaviour that a guest can observe, as data.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use spin_harness::Limits;

/// One behaviour that a guest can observe.
///
/// In every text, `{upstream}` stands for the authority (`127.0.0.1:PORT`) of the scripted upstream,
/// `{port}` for its port, `{other}` for the authority of the second upstream, and `{closed}` for one
/// where nobody listens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about.
    pub group: Group,
    /// Where the behaviour is specified, such as `RFC 9110 section 5.3`.
    pub source: String,
    /// What a reader should know beyond the name.
    pub why: Option<String>,
    /// Entries of `allowed_http_hosts`. Without either list, both upstreams may be called.
    pub allowed_http_hosts: Option<Vec<String>>,
    /// Entries of `allowed_outbound_hosts`.
    pub allowed_outbound_hosts: Option<Vec<String>>,
    /// What the host is told beyond its defaults.
    #[serde(default)]
    pub options: Options,
    /// How many invocations make the same requests at the same time; then the upstream takes them in
    /// any order. Defaults to 1.
    #[serde(default = "one")]
    pub parallel: usize,
    /// The requests that the guest makes in one invocation, in order.
    pub requests: Vec<Request>,
    /// What the guest gets, one for each request.
    pub gets: Vec<Outcome>,
    /// What the upstream sees and answers, in order. Any other request to it is a failure.
    #[serde(default)]
    pub upstream: Vec<Exchange>,
    /// The same for the second upstream.
    #[serde(default)]
    pub other: Vec<Exchange>,
}

/// What a scenario is about: the rows of the matrix.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Request target and forms of URLs.
    Urls,
    /// Methods, and those that the import lacks.
    Methods,
    /// Header fields, both ways.
    Headers,
    /// Bodies and their framing, both ways.
    Bodies,
    /// Statuses.
    Statuses,
    /// Redirects.
    Redirects,
    /// Permissions, `self` among them.
    Permissions,
    /// Kinds of errors, and what they tell.
    Errors,
    /// Limits and timeouts.
    Limits,
    /// Many calls: in a row, and at the same time.
    Calls,
}

/// What the host is told beyond its defaults. A scenario with options is not portable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// `--max-redirects`.
    pub redirects: Option<u32>,
    /// `--max-request-body`, in bytes.
    pub request_body_bytes: Option<usize>,
    /// `--max-response-body`, in bytes; the probe's own answer counts too.
    pub response_body_bytes: Option<usize>,
    /// `--max-header-section`, in bytes.
    pub header_section_bytes: Option<usize>,
    /// `--max-header-fields`.
    pub header_fields: Option<usize>,
    /// `--response-timeout`, in milliseconds.
    pub response_timeout_ms: Option<u64>,
    /// `--max-outbound-calls`.
    pub outbound_calls: Option<u32>,
    /// `--max-self-call-depth`.
    pub self_call_depth: Option<u32>,
    /// `--block`, each a network.
    pub block: Vec<String>,
    /// `--self-origin` is the upstream.
    pub self_is_upstream: bool,
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
    /// The body; absent is not the same as empty.
    pub body: Option<Piece>,
}

/// What the guest gets for a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Outcome {
    /// A response.
    Response(Response),
    /// An error.
    Error(ErrorOutcome),
}

/// A response that the guest gets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// All its fields: every value of a name in order, the order across names free.
    /// Absent, they are not compared.
    pub headers: Option<Vec<(String, String)>>,
    /// Its body. Defaults to the empty one.
    #[serde(default)]
    pub body: Piece,
}

/// An error that the guest gets, with the method and URL of its request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorOutcome {
    /// The kind: a case of the WIT enum `http-error`, or what an SDK finds before the call.
    pub error: String,
    /// The URL that the error names. Defaults to the one that the guest gave.
    pub url: Option<String>,
}

/// One request at an upstream, and what it does.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What must arrive.
    pub sees: Seen,
    /// What the upstream sends, as it is.
    #[serde(default)]
    pub answers: Answer,
    /// What it does then. Defaults to keeping the connection.
    #[serde(default)]
    pub then: Then,
}

/// A request as it must arrive.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The request line, such as `GET /a?b HTTP/1.1`.
    pub line: String,
    /// All header fields, names in lower case: every value of a name in order, the order across names
    /// free. `host: {upstream}` need not be said.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body. Defaults to the empty one.
    #[serde(default)]
    pub body: Piece,
    /// Whether it arrives on the connection of the request before it. Defaults to not being looked at.
    pub same_connection: Option<bool>,
}

/// What an upstream sends.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// One piece.
    One(Step),
    /// Pieces in order.
    Many(Vec<Step>),
}

/// A piece of an answer, or a pause.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Step {
    /// A pause, so that what came before travels by itself.
    Pause {
        /// Milliseconds.
        pause_ms: u64,
    },
    /// Bytes.
    Bytes(Piece),
}

/// What an upstream does after its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It waits for the next request.
    #[default]
    Keep,
    /// It closes the connection.
    Close,
    /// It resets the connection.
    Reset,
    /// It says nothing more until the other side goes away.
    Wait,
}

/// Bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Piece {
    /// A text, as UTF-8.
    Text(String),
    /// Any bytes, in base64.
    Base64 {
        /// The bytes.
        base64: String,
    },
    /// A text many times.
    Repeated {
        /// The text.
        repeat: String,
        /// How many times.
        times: usize,
    },
}

fn one() -> usize {
    1
}

impl Default for Piece {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Answer {
    /// The pieces and pauses in order.
    pub(super) fn steps(&self) -> &[Step] {
        match self {
            Self::One(step) => std::slice::from_ref(step),
            Self::Many(steps) => steps,
        }
    }

    /// The pieces alone.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.steps().iter().filter_map(|step| match step {
            Step::Bytes(piece) => Some(piece),
            Step::Pause { .. } => None,
        })
    }
}

impl Piece {
    /// The bytes, with the places filled in.
    ///
    /// # Errors
    ///
    /// A sentence if the base64 is none.
    pub(super) fn bytes(&self, places: &Places) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(places.fill(text).into_bytes()),
            Self::Base64 { base64 } => STANDARD
                .decode(base64)
                .map_err(|error| format!("`{base64}` is not base64: {error}")),
            Self::Repeated { repeat, times } => Ok(places.fill(repeat).repeat(*times).into_bytes()),
        }
    }
}

impl Scenario {
    /// Whether any Spin can run it: it needs calls to loopback and no option.
    #[must_use]
    pub fn is_portable(&self) -> bool {
        self.allowed_http_hosts.is_none()
            && self.allowed_outbound_hosts.is_none()
            && self.options == Options::default()
    }
}

impl Scenario {
    /// What no schema says: that there is an outcome for each request, and that bodies are base64.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.requests.len() != self.gets.len() {
            return Err(format!(
                "there are {} `requests` and {} `gets`; each request needs one",
                self.requests.len(),
                self.gets.len()
            ));
        }
        if self.parallel == 0 {
            return Err("`parallel` is 0; 1 is a single invocation".to_owned());
        }
        let places = Places(Vec::new());
        let exchanges = || self.upstream.iter().chain(&self.other);
        let requests = self
            .requests
            .iter()
            .filter_map(|request| request.body.as_ref());
        let responses = self.gets.iter().filter_map(|outcome| match outcome {
            Outcome::Response(response) => Some(&response.body),
            Outcome::Error(_) => None,
        });
        let answers = exchanges().flat_map(|exchange| exchange.answers.pieces());
        let seen = exchanges().map(|exchange| &exchange.sees.body);
        let mut pieces = requests.chain(responses).chain(seen).chain(answers);
        pieces.try_for_each(|piece| piece.bytes(&places).map(drop))
    }
}

impl Options {
    /// The limits that they make.
    pub(super) fn limits(&self, defaults: &Limits) -> Limits {
        let Self {
            redirects,
            request_body_bytes,
            response_body_bytes,
            header_section_bytes,
            header_fields,
            response_timeout_ms,
            outbound_calls,
            self_call_depth,
            block: _,
            self_is_upstream: _,
        } = *self;
        Limits {
            redirects: redirects.unwrap_or(defaults.redirects),
            request_body_bytes: request_body_bytes.unwrap_or(defaults.request_body_bytes),
            response_body_bytes: response_body_bytes.unwrap_or(defaults.response_body_bytes),
            header_section_bytes: header_section_bytes.unwrap_or(defaults.header_section_bytes),
            header_fields: header_fields.unwrap_or(defaults.header_fields),
            response_timeout: response_timeout_ms
                .map_or(defaults.response_timeout, Duration::from_millis),
            outbound_calls: outbound_calls.or(defaults.outbound_calls),
            self_call_depth: self_call_depth.unwrap_or(defaults.self_call_depth),
            ..defaults.clone()
        }
    }
}

/// What the names in braces stand for in one trial.
#[derive(Debug, Clone)]
pub(super) struct Places(pub(super) Vec<(&'static str, String)>);

impl Places {
    /// `text` with every name in braces replaced.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.0 {
            filled = filled.replace(name, value);
        }
        filled
    }

    /// [`Places::fill`] for the values of header fields.
    pub(super) fn fill_headers(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        let fields = headers.iter();
        fields
            .map(|(name, value)| (name.clone(), self.fill(value)))
            .collect()
    }
}
