//! What a mock requires of a request.

use std::fmt;

use bytes::Bytes;

use super::parse_uri;
use crate::http::header::HeaderName;
use crate::http::{IntoBody, Method, Request, Uri};

/// What a [`Mock`](super::Mock) requires of a request. A function of this module makes it.
pub struct Matcher(Requirement);

enum Requirement {
    Method(Method),
    Url(Uri),
    Path(String),
    QueryParam(String, String),
    Header(HeaderName, String),
    Body(Bytes),
    #[cfg(feature = "json")]
    BodyJson(serde_json::Value),
    Predicate(String, Predicate),
}

type Predicate = Box<dyn Fn(&Request) -> bool>;

/// The method is `name`, in upper case.
///
/// # Panics
///
/// If it is not a method.
#[track_caller]
#[must_use]
pub fn method(name: &str) -> Matcher {
    match Method::from_bytes(name.as_bytes()) {
        Ok(method) => Matcher(Requirement::Method(method)),
        Err(error) => panic!("{name:?} is not a method: {error}"),
    }
}

/// The URI is `url`: absolute, or a path for a call of the component's own application.
///
/// The query is a part of it, unless the mock has a [`query_param`].
///
/// # Panics
///
/// If it is not a URI.
#[track_caller]
#[must_use]
pub fn url(url: &str) -> Matcher {
    Matcher(Requirement::Url(parse_uri(url)))
}

/// The path of the URI is `path`, at any host and with any query.
#[must_use]
pub fn path(path: impl Into<String>) -> Matcher {
    Matcher(Requirement::Path(path.into()))
}

/// The query has the parameter `name` with `value`, both decoded. It may have others.
#[must_use]
pub fn query_param(name: impl Into<String>, value: impl Into<String>) -> Matcher {
    Matcher(Requirement::QueryParam(name.into(), value.into()))
}

/// A field `name` has exactly this value. The request may have other values of the name.
///
/// # Panics
///
/// If `name` is not a header name.
#[track_caller]
#[must_use]
pub fn header(name: &str, value: impl Into<String>) -> Matcher {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Matcher(Requirement::Header(name, value.into())),
        Err(error) => panic!("{name:?} is not a header name: {error}"),
    }
}

/// The body consists of exactly these bytes. No body equals an empty one.
#[must_use]
pub fn body(body: impl IntoBody) -> Matcher {
    Matcher(Requirement::Body(body.into_body().unwrap_or_default()))
}

/// The body is JSON that equals `value`, whatever its spaces and the order of its keys.
///
/// # Panics
///
/// If `value` cannot be serialized.
#[cfg(feature = "json")]
#[track_caller]
#[must_use]
pub fn body_json(value: impl serde::Serialize) -> Matcher {
    match serde_json::to_value(value) {
        Ok(value) => Matcher(Requirement::BodyJson(value)),
        Err(error) => panic!("the value cannot be serialized: {error}"),
    }
}

/// `predicate` is true for the request. `description` says in the message of a failure what it
/// requires, for example "has a bearer token".
#[must_use]
pub fn matching(
    description: impl Into<String>,
    predicate: impl Fn(&Request) -> bool + 'static,
) -> Matcher {
    let predicate = Box::new(predicate);
    Matcher(Requirement::Predicate(description.into(), predicate))
}

impl Matcher {
    /// Whether it is about a parameter of the query.
    pub(super) fn is_query_param(&self) -> bool {
        matches!(self.0, Requirement::QueryParam(..))
    }

    /// What `request` has instead, if it does not match. `without_query` leaves the query of a URL
    /// to other matchers.
    pub(super) fn difference(&self, request: &Request, without_query: bool) -> Option<String> {
        let uri = request.uri();
        match &self.0 {
            Requirement::Method(method) => differs(request.method() == method, request.method()),
            Requirement::Url(want) if without_query => {
                let (got, want) = (before_query(uri), before_query(want));
                differs(got == want, &got)
            }
            Requirement::Url(want) => differs(uri == want, uri),
            Requirement::Path(path) => differs(uri.path() == path, &uri.path()),
            Requirement::QueryParam(name, value) => {
                let query = uri.query().unwrap_or_default();
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                let is_there = pairs.any(|(n, v)| n == name.as_str() && v == value.as_str());
                differs(is_there, &format_args!("the query {query:?}"))
            }
            Requirement::Header(name, value) => {
                let values = request.headers().get_all(name);
                let is_there = values.iter().any(|got| got.as_bytes() == value.as_bytes());
                let values: Vec<_> = values.iter().collect();
                differs(is_there, &format_args!("{values:?}"))
            }
            Requirement::Body(want) => {
                let got = request.body().as_deref().unwrap_or_default();
                differs(got == want, &shown(got))
            }
            #[cfg(feature = "json")]
            Requirement::BodyJson(want) => {
                let got = request.body().as_deref().unwrap_or_default();
                let is_same =
                    serde_json::from_slice::<serde_json::Value>(got).is_ok_and(|got| got == *want);
                differs(is_same, &shown(got))
            }
            Requirement::Predicate(_, predicate) => {
                differs(predicate(request), &"a request that does not")
            }
        }
    }
}

fn differs(is_match: bool, got: &dyn fmt::Display) -> Option<String> {
    (!is_match).then(|| got.to_string())
}

/// The URI up to its query.
fn before_query(uri: &Uri) -> String {
    let text = uri.to_string();
    match text.split_once('?') {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}

/// A body in a message: its start, as text.
fn shown(body: &[u8]) -> String {
    const MAX_BYTES: usize = 400; // a few lines of a terminal
    let (start, dots) = match body.get(..MAX_BYTES) {
        Some(start) => (start, " …"),
        None => (body, ""),
    };
    format!("{:?}{dots}", String::from_utf8_lossy(start))
}

/// Says what is required, as in "the method GET".
impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Requirement::Method(method) => write!(formatter, "the method {method}"),
            Requirement::Url(url) => write!(formatter, "the URL {url}"),
            Requirement::Path(path) => write!(formatter, "the path {path}"),
            Requirement::QueryParam(name, value) => {
                write!(formatter, "the query parameter {name}={value}")
            }
            Requirement::Header(name, value) => write!(formatter, "the header {name}: {value}"),
            Requirement::Body(body) => write!(formatter, "the body {}", shown(body)),
            #[cfg(feature = "json")]
            Requirement::BodyJson(value) => write!(formatter, "the JSON body {value}"),
            Requirement::Predicate(description, _) => formatter.write_str(description),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Matcher({self})")
    }
}
