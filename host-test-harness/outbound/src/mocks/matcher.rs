//! What a request must be, to be answered by a mock.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, Method};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use super::body_matcher::BodyMatcher;
use super::diff::{Difference, Field, listed};
use super::error::InvalidMock;
use super::json_diff::Extent;
use super::json_value::JsonValue;
use super::received::ReceivedRequest;
use super::url_pattern::{self, UrlPattern};
use super::values::{NamedValues, pairs};

/// A function of the test that looks at a request.
pub(super) type Predicate = Arc<dyn Fn(&ReceivedRequest) -> bool + Send + Sync>;

/// What a request must be. Everything that is set must hold; what is not set may be anything.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "RequestData")]
pub(super) struct RequestMatcher {
    pub(super) method: Option<Method>,
    pub(super) urls: Vec<UrlPattern>,
    pub(super) host: Option<String>,
    pub(super) path_segments: Option<Vec<String>>,
    /// Names and values of query parameters.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) absent_headers: Vec<HeaderName>,
    /// All values of all header fields.
    pub(super) all_headers: Option<Vec<(HeaderName, String)>>,
    pub(super) bodies: Vec<BodyMatcher>,
    pub(super) predicates: Vec<Predicate>,
}

/// What a request must be. Everything that is set must hold; what is not set may be anything.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Request")]
pub(super) struct RequestData {
    /// The method, such as `GET`.
    #[serde(deserialize_with = "read_method")]
    #[schemars(with = "Option<String>")]
    method: Option<Method>,
    /// The exact URL, or the path of an in-process call to the application itself. Its query counts, unless `query` is set and the
    /// URL has none.
    #[serde(deserialize_with = "url_pattern::read_exact")]
    #[schemars(with = "Option<String>")]
    url: Option<UrlPattern>,
    /// A pattern of the whole URL: `*` stands for any characters of one path segment or of the URI host, `**` for any
    /// characters.
    #[serde(deserialize_with = "url_pattern::read_glob")]
    #[schemars(with = "Option<String>")]
    url_glob: Option<UrlPattern>,
    /// What the URL begins with.
    #[serde(deserialize_with = "url_pattern::read_prefix")]
    #[schemars(with = "Option<String>")]
    url_prefix: Option<UrlPattern>,
    /// A regular expression with a match in the URL.
    #[serde(deserialize_with = "url_pattern::read_regex")]
    #[schemars(with = "Option<String>")]
    url_regex: Option<UrlPattern>,
    /// The URI host, without the port.
    host: Option<String>,
    /// The path, one text for each segment, decoded. `*` stands for any one segment, a last `**` for all that follow.
    path_segments: Option<Vec<String>>,
    /// Query parameters, decoded. The query may have others.
    query: NamedValues,
    /// Header fields. The request may have others, and other values of the same name.
    headers: NamedValues,
    /// Header fields that the request must not have.
    absent_headers: Vec<String>,
    /// All header fields: the values of each name, in order, and no other name.
    all_headers: Option<NamedValues>,
    /// The body as JSON, equal to this.
    #[schemars(with = "Option<serde_json::Value>")]
    json: Option<JsonValue>,
    /// The body as JSON. Its objects may have other members.
    #[schemars(with = "Option<serde_json::Value>")]
    json_subset: Option<JsonValue>,
    /// The body as text.
    text: Option<String>,
    /// The body's bytes, in Base64.
    base64: Option<String>,
    /// Fields of a body of `application/x-www-form-urlencoded`. It may have others.
    form: NamedValues,
    /// Fields of a body of `multipart/form-data`. It may have others.
    multipart: NamedValues,
}

fn read_method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Method>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let method = Method::from_bytes(name.as_bytes());
    method
        .map(Some)
        .map_err(|_invalid| de::Error::custom(format!("`{name}` is not a method, such as `GET`")))
}

pub(super) fn header_name(name: &str) -> Result<HeaderName, InvalidMock> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_invalid| {
        InvalidMock::new(format!(
            "`{}` is not the name of a header field",
            name.escape_debug()
        ))
    })
}

pub(super) fn bytes_of_base64(text: &str) -> Result<bytes::Bytes, InvalidMock> {
    BASE64_STANDARD
        .decode(text)
        .map(Into::into)
        .map_err(|error| InvalidMock::new(format!("`{text}` is not Base64: {error}")))
}

fn header_fields(values: &NamedValues) -> Result<Vec<(HeaderName, String)>, InvalidMock> {
    pairs(values)
        .map(|(name, value)| Ok((header_name(name)?, value.to_owned())))
        .collect()
}

fn owned_pairs(values: &NamedValues) -> impl Iterator<Item = (String, String)> {
    pairs(values).map(|(name, value)| (name.to_owned(), value.to_owned()))
}

impl TryFrom<RequestData> for RequestMatcher {
    type Error = InvalidMock;

    fn try_from(data: RequestData) -> Result<Self, InvalidMock> {
        let urls = [data.url, data.url_glob, data.url_prefix, data.url_regex];
        let mut bodies = Vec::new();
        bodies.extend(
            data.json
                .map(|JsonValue(value)| BodyMatcher::Json(value, Extent::Whole)),
        );
        bodies.extend(
            data.json_subset
                .map(|JsonValue(value)| BodyMatcher::Json(value, Extent::Subset)),
        );
        bodies.extend(data.text.map(BodyMatcher::Text));
        if let Some(text) = data.base64 {
            bodies.push(BodyMatcher::Bytes(bytes_of_base64(&text)?));
        }
        bodies.extend(owned_pairs(&data.form).map(|(name, value)| BodyMatcher::Form(name, value)));
        bodies.extend(
            owned_pairs(&data.multipart).map(|(name, value)| BodyMatcher::Multipart(name, value)),
        );
        Ok(Self {
            method: data.method,
            urls: urls.into_iter().flatten().collect(),
            host: data.host,
            path_segments: data.path_segments,
            query: owned_pairs(&data.query).collect(),
            headers: header_fields(&data.headers)?,
            absent_headers: data
                .absent_headers
                .iter()
                .map(|name| header_name(name))
                .collect::<Result<_, InvalidMock>>()?,
            all_headers: data.all_headers.as_ref().map(header_fields).transpose()?,
            bodies,
            predicates: Vec::new(),
        })
    }
}

impl RequestMatcher {
    /// What of a request is not as wanted.
    pub(super) fn compare(&self, request: &ReceivedRequest) -> Vec<Difference> {
        let mut differences = self.compare_head(request);
        for body in &self.bodies {
            body.compare(request, &mut differences);
        }
        // A predicate may rely on the rest.
        if differences.is_empty() && !self.predicates.iter().all(|predicate| predicate(request)) {
            differences.push(Difference::new(Field::Predicate, "false", "true"));
        }
        differences
    }

    /// What of a request is not as wanted, its body and the predicates aside.
    pub(super) fn compare_head(&self, request: &ReceivedRequest) -> Vec<Difference> {
        let mut differences = Vec::new();
        if let Some(want) = &self.method
            && request.method != want
        {
            differences.push(Difference::new(Field::Method, &request.method, want));
        }
        for url in &self.urls {
            url.compare(&request.url, !self.query.is_empty(), &mut differences);
        }
        let host = request.url.host_str().unwrap_or_default();
        if let Some(want) = &self.host
            && !host.eq_ignore_ascii_case(want)
        {
            differences.push(Difference::quoted(Field::Host, Some(host), want));
        }
        if let Some(want) = &self.path_segments
            && !segments_match(request, want)
        {
            let want = format!("/{}", want.join("/"));
            differences.push(Difference::quoted(
                Field::Path,
                Some(request.url.path()),
                &want,
            ));
        }
        for (name, want) in &self.query {
            let got = request.query_values(name);
            if !got.contains(want) {
                let field = Field::QueryParameter(name.clone());
                differences.push(Difference::new(field, listed(&got), format!("{want:?}")));
            }
        }
        self.compare_headers(request, &mut differences);
        differences
    }

    fn compare_headers(&self, request: &ReceivedRequest, differences: &mut Vec<Difference>) {
        for (name, want) in &self.headers {
            let got = request.header_values(name.as_str());
            if !got.contains(want) {
                differences.push(Difference::header(name.as_str(), &got, want));
            }
        }
        for name in &self.absent_headers {
            if request.headers.contains_key(name) {
                let field = Field::Header(name.to_string());
                differences.push(Difference::new(field, "the header", "none"));
            }
        }
        let Some(all) = &self.all_headers else {
            return;
        };
        let mut names: Vec<&HeaderName> = all.iter().map(|(name, _)| name).collect();
        names.extend(request.headers.keys());
        names.sort_by_key(|name| name.as_str());
        names.dedup();
        for name in names {
            let want = all.iter().filter(|(other, _)| other == name);
            let want: Vec<String> = want.map(|(_, value)| value.clone()).collect();
            let got = request.header_values(name.as_str());
            if got != want {
                differences.push(Difference::header(name.as_str(), &got, &want.join(", ")));
            }
        }
    }
}

/// Whether the path has these segments, where `*` is any one and a last `**` all that follow.
fn segments_match(request: &ReceivedRequest, want: &[String]) -> bool {
    let got: Vec<String> = request
        .url
        .path_segments()
        .into_iter()
        .flatten()
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let (want, is_open) = match want {
        [head @ .., last] if last == "**" => (head, true),
        all => (all, false),
    };
    let is_long_enough = if is_open {
        got.len() >= want.len()
    } else {
        got.len() == want.len()
    };
    is_long_enough
        && want
            .iter()
            .zip(&got)
            .all(|(want, got)| want == "*" || want == got)
}

impl RequestMatcher {
    /// What a request must have besides method and URL, after a comma each. Values of header fields and of bodies may be
    /// secret or long, and are left out.
    pub(super) fn details(&self) -> String {
        let query = self.query.iter();
        let query = query.map(|(name, value)| format!(", query `{name}` {value:?}"));
        let headers = self.headers.iter().map(|(name, _)| name);
        let headers = headers.map(|name| format!(", header `{name}`"));
        let absent = self.absent_headers.iter();
        let absent = absent.map(|name| format!(", no header `{name}`"));
        let bodies = self.bodies.iter();
        let bodies = bodies.map(|body| format!(", {}", body.kind()));
        query.chain(headers).chain(absent).chain(bodies).collect()
    }
}

/// The method and URL, as an error names a mock that has no name.
impl fmt::Display for RequestMatcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_ref().map_or("any method", Method::as_str);
        formatter.write_str(method)?;
        for url in &self.urls {
            write!(formatter, " {url}")?;
        }
        if let Some(host) = &self.host {
            write!(formatter, " host {host}")?;
        }
        if let Some(segments) = &self.path_segments {
            write!(formatter, " /{}", segments.join("/"))?;
        }
        if self.urls.is_empty() && self.host.is_none() && self.path_segments.is_none() {
            formatter.write_str(" any URL")?;
        }
        Ok(())
    }
}

impl fmt::Debug for RequestMatcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RequestMatcher({self})")
    }
}
