//! A request that a test expects, and how often.

use http::{HeaderName, Method};
use serde_json::Value;

use super::body_matcher::BodyMatcher;
use super::json_diff::Extent;
use super::matcher::{RequestMatcher, header_name};
use super::received::ReceivedRequest;
use super::times::Times;
use super::url_pattern::UrlPattern;

/// A request that a test expects, and how often. Everything that is set must hold; what is not set may be anything.
///
/// ```
/// use harness_outbound::mocks::{any, get, glob, post, request};
/// use serde_json::json;
///
/// let _price = get("https://api.test/price").query("sku", "7");
/// let _order = post("https://api.test/order").json_subset(&json!({"sku": 7})).times(1..=2);
/// let _stock = request("PURGE", glob("http://stock.spin.internal/**")).times(0..);
/// let _rest = any().host("api.test").priority(-1);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "pass it to `Mocks::expect`"]
pub struct Expectation {
    pub(super) name: Option<String>,
    pub(super) request: RequestMatcher,
    pub(super) times: Times,
    pub(super) priority: i32,
    pub(super) when_state: Option<String>,
    pub(super) then_state: Option<String>,
}

/// Any request.
pub fn any() -> Expectation {
    Expectation::default()
}

/// A request with this method and URL.
///
/// # Panics
///
/// If the method is not a token.
#[track_caller]
pub fn request(method: &str, url: impl Into<UrlPattern>) -> Expectation {
    let parsed = Method::from_bytes(method.as_bytes());
    let method = parsed.unwrap_or_else(|_invalid| panic!("`{method}` is not a method"));
    any().method(method).url(url)
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("A ", stringify!($method), " request of this URL.")]
        ///
        /// # Panics
        ///
        /// If the URL is a text that is not an http or https URL.
        #[track_caller]
        pub fn $name(url: impl Into<UrlPattern>) -> Expectation {
            any().method(Method::$method).url(url)
        }
    )*};
}

methods!(get GET, head HEAD, post POST, put PUT, patch PATCH, delete DELETE, options OPTIONS);

impl Expectation {
    /// A name for errors, the log and the records. Defaults to the method and URL.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The method.
    pub fn method(mut self, method: Method) -> Self {
        self.request.method = Some(method);
        self
    }

    /// The URL. Several patterns must all match.
    ///
    /// The query of an exact URL counts, unless it has none and [`Expectation::query`] says what the query must have.
    ///
    /// # Panics
    ///
    /// If the URL is a text that is not an http or https URL.
    #[track_caller]
    pub fn url(mut self, url: impl Into<UrlPattern>) -> Self {
        self.request.urls.push(url.into());
        self
    }

    /// The URI host, without the port.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.request.host = Some(host.into());
        self
    }

    /// The path, one text for each segment, decoded. `*` stands for any one segment, a last `**` for all that follow.
    pub fn path_segments<S: Into<String>>(mut self, segments: impl IntoIterator<Item = S>) -> Self {
        self.request.path_segments = Some(segments.into_iter().map(Into::into).collect());
        self
    }

    /// A query parameter, decoded. The query may have others.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.query.push((name.into(), value.into()));
        self
    }

    /// A header field. The request may have others, and other values of the same name.
    ///
    /// # Panics
    ///
    /// If the name is not a token.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let field = (valid_name(name), value.into());
        self.request.headers.push(field);
        self
    }

    /// A header field that the request must not have.
    ///
    /// # Panics
    ///
    /// If the name is not a token.
    #[track_caller]
    pub fn without_header(mut self, name: &str) -> Self {
        self.request.absent_headers.push(valid_name(name));
        self
    }

    /// All header fields: the values of each name, in order, and no other name.
    ///
    /// # Panics
    ///
    /// If a name is not a token.
    #[track_caller]
    pub fn all_headers<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (valid_name(name), value.to_owned()));
        self.request.all_headers = Some(fields.collect());
        self
    }

    /// The body as JSON, equal to `value`.
    pub fn json(self, value: &Value) -> Self {
        self.body(BodyMatcher::Json(value.clone(), Extent::Whole))
    }

    /// The body as JSON, whose objects may have members that `value` lacks.
    pub fn json_subset(self, value: &Value) -> Self {
        self.body(BodyMatcher::Json(value.clone(), Extent::Subset))
    }

    /// The body as text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.body(BodyMatcher::Text(text.into()))
    }

    /// The body's bytes.
    pub fn bytes(self, bytes: impl Into<bytes::Bytes>) -> Self {
        self.body(BodyMatcher::Bytes(bytes.into()))
    }

    /// A field of a body of `application/x-www-form-urlencoded`, decoded. The body may have others.
    pub fn form(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.body(BodyMatcher::Form(name.into(), value.into()))
    }

    /// A field or file of a body of `multipart/form-data`. The body may have others.
    pub fn multipart(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.body(BodyMatcher::Multipart(name.into(), value.into()))
    }

    fn body(mut self, body: BodyMatcher) -> Self {
        self.request.bodies.push(body);
        self
    }

    /// A function that looks at the request after all else has matched.
    pub fn matches(
        mut self,
        predicate: impl Fn(&ReceivedRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.request.predicates.push(std::sync::Arc::new(predicate));
        self
    }

    /// How often the mock answers: a number, or a range such as `1..=2`, `..3` or `0..`. Below it the mock was not met; after
    /// it the mock no longer matches. Defaults to `1..`.
    pub fn times(mut self, times: impl Into<Times>) -> Self {
        self.times = times.into();
        self
    }

    /// Which of several matching mocks answers: the one with the greatest priority, and among equals the one that was
    /// added first. Defaults to 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Matches only in this state of the mocks, see [`Expectation::then_state`].
    pub fn when_state(mut self, state: impl Into<String>) -> Self {
        self.when_state = Some(state.into());
        self
    }

    /// The state of the mocks after a call of this one. All mocks share one state, which is `""` at first.
    pub fn then_state(mut self, state: impl Into<String>) -> Self {
        self.then_state = Some(state.into());
        self
    }

    /// The name, or the method and URL.
    pub(super) fn shown_name(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| self.request.to_string())
    }
}

#[track_caller]
fn valid_name(name: &str) -> HeaderName {
    header_name(name).unwrap_or_else(|invalid| panic!("{invalid}"))
}
