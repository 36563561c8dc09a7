//! Mock files: the same mocks as data, in TOML or JSON.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use ::bytes::Bytes;
use http::{HeaderMap, StatusCode};
use outbound_policy::display::printable;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::error::InvalidMock;
use super::expectation::Expectation;
use super::fault::Fault;
use super::json_value::JsonValue;
use super::matcher::{RequestData, RequestMatcher, bytes_of_base64};
use super::paced_body::End;
use super::response::{
    Content, MockResponse, Responses, Sometimes, bytes, field, json, rate, text,
};
use super::times::Times;
use super::values::{NamedValues, pairs};
use super::{Mocks, Unmatched};
use crate::transport::error::TransportError;

/// What is wrong with a mock file. Displays as `FILE:LINE: KEY: reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMockFile {
    file: String,
    line: Option<usize>,
    key: Option<String>,
    reason: String,
}

impl InvalidMockFile {
    /// The number of the line, from 1 on; `None` if the file cannot be read.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The key, such as `mock[0].request.url`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for InvalidMockFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ": `{}`", printable(key))?;
        }
        // It repeats what the file has.
        write!(formatter, ": {}", printable(&self.reason))
    }
}

impl std::error::Error for InvalidMockFile {}

/// The JSON Schema of a mock file.
#[must_use]
pub fn file_schema() -> serde_json::Value {
    schemars::schema_for!(MockFile).to_value()
}

/// The mocks of an application's upstreams.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MockFile {
    /// For editors: the address of this schema.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    /// What happens to a request to an upstream that no mock matches. Defaults to `fail`.
    #[serde(default)]
    unmatched: Unmatched,
    /// The seed of the random faults. Defaults to 0.
    #[serde(default)]
    seed: u64,
    /// The mocks. Among equal priorities, the first that matches answers.
    #[serde(default)]
    mock: Vec<Mock>,
}

/// A mock as data: what a request must be, and what it is answered with. It is read from an element of the list `mock` of
/// a mock file, for [`Mocks::add`].
///
/// ```
/// use harness_outbound::mocks::{Mock, Mocks};
///
/// let mock: Mock = serde_json::from_str(r#"{"at_least": 0, "request": {"host": "api.test"}, "response": {"status": 410}}"#)?;
/// let mocks = Mocks::new();
/// mocks.add(mock);
/// mocks.verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mock {
    pub(super) expectation: Expectation,
    pub(super) responses: Responses,
}

impl Mock {
    /// Answers with `responses` instead.
    ///
    /// # Panics
    ///
    /// If the list of responses is empty.
    #[must_use]
    #[track_caller]
    pub fn respond(mut self, responses: impl Into<Responses>) -> Self {
        self.responses = responses.into();
        assert!(!self.responses.0.is_empty(), "a mock needs a response");
        self
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mock")]
struct EntryData {
    /// A name for errors, the log and the records. Defaults to the method and URL.
    #[serde(default)]
    name: Option<String>,
    /// What a request must be. Defaults to any request.
    #[serde(default)]
    #[schemars(with = "RequestData")]
    request: RequestMatcher,
    /// How often the mock answers, exactly. Defaults to at least once.
    #[serde(default)]
    times: Option<u32>,
    /// How often the mock must answer, at least. Defaults to 1.
    #[serde(default)]
    at_least: Option<u32>,
    /// How often the mock answers, at most. Defaults to no limit.
    #[serde(default)]
    at_most: Option<u32>,
    /// Which of several matching mocks answers: the one with the greatest priority. Defaults to 0.
    #[serde(default)]
    priority: i32,
    /// The state in which the mock matches. Defaults to any.
    #[serde(default)]
    when_state: Option<String>,
    /// The state after the call. All mocks share one, which is empty at first. Defaults to the state as it is.
    #[serde(default)]
    then_state: Option<String>,
    /// What every request is answered with. Defaults to the status 200 without a body.
    #[serde(default)]
    response: Option<MockResponse>,
    /// What the requests are answered with, one after the other. The last one answers all that follow.
    #[serde(default)]
    responses: Option<Vec<MockResponse>>,
}

impl TryFrom<EntryData> for Mock {
    type Error = InvalidMock;

    fn try_from(data: EntryData) -> Result<Self, InvalidMock> {
        let times = match (data.times, data.at_least, data.at_most) {
            (Some(times), None, None) => Times::from(times),
            (None, at_least, at_most) => {
                let at_least = at_least.unwrap_or(u32::from(at_most != Some(0)));
                Times { at_least, at_most }
            }
            (Some(_), _, _) => {
                return Err(InvalidMock::new(
                    "`times` is exact; leave it out, or `at_least` and `at_most`",
                ));
            }
        };
        times.check()?;
        let responses = match (data.response, data.responses) {
            (Some(response), None) => response.into(),
            (None, Some(responses)) if responses.is_empty() => {
                return Err(InvalidMock::new(
                    "`responses` is empty; leave it out, or add one",
                ));
            }
            (None, Some(responses)) => responses.into(),
            (None, None) => bytes("").into(),
            (Some(_), Some(_)) => {
                return Err(InvalidMock::new(
                    "a mock has `response` or `responses`, not both",
                ));
            }
        };
        Ok(Self {
            expectation: Expectation {
                name: data.name,
                request: data.request,
                times,
                priority: data.priority,
                when_state: data.when_state,
                then_state: data.then_state,
            },
            responses,
        })
    }
}

/// What a request is answered with. Without `fault` it is a response.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Response")]
struct ResponseData {
    /// The status, from 200 to 999. Defaults to 200.
    status: Option<u16>,
    /// Header fields.
    headers: NamedValues,
    /// Trailer fields.
    trailers: NamedValues,
    /// The body as JSON, with a `content-type` unless `headers` has one.
    #[schemars(with = "Option<serde_json::Value>")]
    json: Option<JsonValue>,
    /// The body as text, with a `content-type` unless `headers` has one.
    text: Option<String>,
    /// The body's bytes, in Base64.
    base64: Option<String>,
    /// The body in pieces, which arrive one after the other.
    pieces: Option<Vec<PieceData>>,
    /// Whether the texts of the body and the header values are Jinja templates, which read `request` and `call`.
    template: bool,
    /// How long after the request the head arrives, in milliseconds. Defaults to 0.
    delay_ms: u64,
    /// How fast the body arrives, from 1 on. Defaults to all at once.
    #[schemars(range(min = 1))]
    bytes_per_second: Option<u64>,
    /// The body breaks off after so many bytes.
    cut_after_bytes: Option<usize>,
    /// Nothing arrives after so many bytes of the body.
    stall_after_bytes: Option<usize>,
    /// Whether no response ever arrives.
    stalled: bool,
    /// Adds header fields of so many bytes together.
    huge_headers_bytes: usize,
    /// Adds `retry-after`, in seconds; the status defaults to 429 then.
    retry_after_s: Option<u64>,
    /// The exchange fails.
    fault: Option<Fault>,
    /// A part of the exchanges fails, at random.
    fails_sometimes: Option<SometimesData>,
}

/// A piece of a body.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Piece")]
struct PieceData {
    /// Delay after the previous piece, in milliseconds. Defaults to 0.
    after_ms: u64,
    /// Its text. A piece has `text` or `base64`.
    text: Option<String>,
    /// Its bytes, in Base64.
    base64: Option<String>,
}

/// Faults at random.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FailsSometimes")]
struct SometimesData {
    /// The part of the calls that fail, from 0 to 1.
    probability: f64,
    /// What they fail with, one of these at random.
    faults: Vec<Fault>,
}

impl TryFrom<ResponseData> for MockResponse {
    type Error = InvalidMock;

    fn try_from(data: ResponseData) -> Result<Self, InvalidMock> {
        check_one_body(&data)?;
        if data.fault.is_some() && has_response(&data) {
            return Err(InvalidMock::new(
                "an exchange with `fault` has no response; leave out all but `fault` and `delay_ms`",
            ));
        }
        let mut response = content(&data)?;
        response.status = status(&data)?;
        let fields = fields(&data.headers)?;
        for name in fields.keys() {
            response.headers.remove(name);
        }
        response.headers.extend(fields);
        if let Some(seconds) = data.retry_after_s {
            response
                .headers
                .insert(http::header::RETRY_AFTER, seconds.into());
        }
        if !data.trailers.is_empty() {
            response.trailers = Some(self::fields(&data.trailers)?);
        }
        response.delay = (!data.stalled).then_some(Duration::from_millis(data.delay_ms));
        response.bytes_per_second = data.bytes_per_second.map(rate).transpose()?;
        (response.end, response.end_after) = end(&data)?;
        response.fails = data.fault.map(|fault| fault.0);
        response.sometimes = data.fails_sometimes.map(Sometimes::try_from).transpose()?;
        response.is_template = data.template;
        if data.template {
            response.check_template()?;
        }
        Ok(response.huge_headers(data.huge_headers_bytes))
    }
}

fn check_one_body(data: &ResponseData) -> Result<(), InvalidMock> {
    let bodies = [
        ("json", data.json.is_some()),
        ("text", data.text.is_some()),
        ("base64", data.base64.is_some()),
        ("pieces", data.pieces.is_some()),
    ];
    let given = bodies.iter().filter(|(_, is_given)| *is_given);
    let given: Vec<String> = given.map(|(name, _)| format!("`{name}`")).collect();
    if given.len() > 1 {
        let given = given.join(" and ");
        return Err(InvalidMock::new(format!(
            "a response has one body, not {given}"
        )));
    }
    Ok(())
}

fn has_response(data: &ResponseData) -> bool {
    data.status.is_some()
        || !data.headers.is_empty()
        || !data.trailers.is_empty()
        || data.json.is_some()
        || data.text.is_some()
        || data.base64.is_some()
        || data.pieces.is_some()
        || data.template
        || data.bytes_per_second.is_some()
        || data.cut_after_bytes.is_some()
        || data.stall_after_bytes.is_some()
        || data.stalled
        || data.huge_headers_bytes > 0
        || data.retry_after_s.is_some()
        || data.fails_sometimes.is_some()
}

fn content(data: &ResponseData) -> Result<MockResponse, InvalidMock> {
    if let Some(JsonValue(value)) = &data.json {
        return Ok(json(value));
    }
    if let Some(body) = &data.text {
        return Ok(text(body));
    }
    if let Some(body) = &data.base64 {
        return Ok(bytes(bytes_of_base64(body)?));
    }
    let pieces = data.pieces.iter().flatten().map(piece);
    let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
    Ok(if pieces.is_empty() {
        bytes("")
    } else {
        MockResponse::new(StatusCode::OK, Content::Pieces(pieces))
    })
}

fn piece(data: &PieceData) -> Result<(Duration, Bytes), InvalidMock> {
    let bytes = match (&data.text, &data.base64) {
        (Some(text), None) => text.clone().into(),
        (None, Some(base64)) => bytes_of_base64(base64)?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(InvalidMock::new("a piece has `text` or `base64`"));
        }
    };
    Ok((Duration::from_millis(data.after_ms), bytes))
}

fn status(data: &ResponseData) -> Result<StatusCode, InvalidMock> {
    let default = if data.retry_after_s.is_some() {
        429
    } else {
        200
    };
    let status = data.status.unwrap_or(default);
    let code = StatusCode::from_u16(status).ok();
    code.filter(|code| !code.is_informational())
        .ok_or_else(|| InvalidMock::new(format!("`status = {status}` is not from 200 to 999")))
}

fn fields(values: &NamedValues) -> Result<HeaderMap, InvalidMock> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(values) {
        let (name, value) = field(name, value.as_bytes())?;
        headers
            .try_append(name, value)
            .map_err(|_full| InvalidMock::new("it has too many header fields"))?;
    }
    Ok(headers)
}

fn end(data: &ResponseData) -> Result<(End, Option<usize>), InvalidMock> {
    match (data.cut_after_bytes, data.stall_after_bytes) {
        (None, None) => Ok((End::Whole, None)),
        (cut @ Some(_), None) => Ok((End::Fails(TransportError::Incomplete), cut)),
        (None, stall @ Some(_)) => Ok((End::Stalls, stall)),
        (Some(_), Some(_)) => Err(InvalidMock::new(
            "a body has `cut_after_bytes` or `stall_after_bytes`, not both",
        )),
    }
}

impl TryFrom<SometimesData> for Sometimes {
    type Error = InvalidMock;

    fn try_from(data: SometimesData) -> Result<Self, InvalidMock> {
        Self::new(
            data.probability,
            data.faults.into_iter().map(|fault| fault.0).collect(),
        )
    }
}

// By hand, since a mock and a response are read from data that is checked as a whole, and the derive would ask for
// another type for each.
macro_rules! read_from {
    ($($target:ident from $data:ident;)*) => {$(
        impl<'de> Deserialize<'de> for $target {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let data = $data::deserialize(deserializer)?;
                Self::try_from(data).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $target {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $data::schema_name()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $data::json_schema(generator)
            }
        }
    )*};
}

read_from! {
    Mock from EntryData;
    MockResponse from ResponseData;
}

impl fmt::Debug for Mock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mock({:?})", self.expectation)
    }
}

impl Mocks {
    /// The mocks of a file: TOML if its name ends in `.toml`, JSON if it ends in `.json`.
    ///
    /// # Errors
    ///
    /// [`InvalidMockFile`] if the file cannot be read or is not a mock file; it names the line and key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, InvalidMockFile> {
        let path = path.as_ref();
        let read = std::fs::read_to_string(path).map_err(|error| InvalidMockFile {
            file: path.display().to_string(),
            line: None,
            key: None,
            reason: format!("the file cannot be read: {error}"),
        });
        Self::from_text(&read?, path)
    }

    /// The mocks of the text of a file with this name.
    ///
    /// ```
    /// use harness_outbound::mocks::Mocks;
    ///
    /// let mocks = Mocks::from_text(
    ///     r#"
    ///     [[mock]]
    ///     at_least = 0
    ///     request = { method = "GET", url = "https://api.test/price", query = { sku = "7" } }
    ///     response = { json = { price = 3 } }
    ///     "#,
    ///     "mocks.toml",
    /// )?;
    /// mocks.verify()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidMockFile`] if it is not a mock file; it names the line and key.
    pub fn from_text(text: &str, name: impl AsRef<Path>) -> Result<Self, InvalidMockFile> {
        let name = name.as_ref();
        let file = parse(text, name).map_err(|invalid| InvalidMockFile {
            file: name.display().to_string(),
            ..invalid
        })?;
        let mocks = Self::new().unmatched(file.unmatched).seed(file.seed);
        for mock in file.mock {
            mocks.add(mock);
        }
        Ok(mocks)
    }
}

fn parse(text: &str, name: &Path) -> Result<MockFile, InvalidMockFile> {
    let invalid = |line, key: Option<String>, reason: String| InvalidMockFile {
        file: String::new(),
        line,
        key: key.filter(|key| key != "."),
        reason: reason.trim_end().to_owned(),
    };
    // Some editors of Windows begin each file with it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let extension = name.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("toml") => {
            let toml_error = |error: &toml::de::Error, key| {
                let line = error.span().map(|span| line_of(text, span.start));
                invalid(line, key, error.message().to_owned())
            };
            let deserializer =
                toml::Deserializer::parse(text).map_err(|error| toml_error(&error, None))?;
            serde_path_to_error::deserialize(deserializer)
                .map_err(|error| toml_error(error.inner(), Some(error.path().to_string())))
        }
        Some("json") => {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let file = serde_path_to_error::deserialize(&mut deserializer);
            let json_error = |error: &serde_json::Error, key| {
                let text = error.to_string();
                let position = format!(" at line {} column {}", error.line(), error.column());
                let reason = text.strip_suffix(&position).unwrap_or(&text).to_owned();
                invalid(Some(error.line()), key, reason)
            };
            let file =
                file.map_err(|error| json_error(error.inner(), Some(error.path().to_string())))?;
            deserializer
                .end()
                .map_err(|error| json_error(&error, None))?;
            Ok(file)
        }
        Some(_) | None => Err(invalid(
            None,
            None,
            "a mock file is TOML or JSON; name it `.toml` or `.json`".to_owned(),
        )),
    }
}

/// The number of the line at an offset, from 1 on.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}
