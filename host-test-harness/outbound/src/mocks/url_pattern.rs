//! What the URL of a request must be: this URL, or one of a glob, a prefix or a regular expression.

use std::fmt;

use regex::Regex;
use serde::{Deserialize as _, Deserializer, de};
use url::{Position, Url};

use super::diff::{Difference, Field};
use super::error::InvalidMock;

/// What the URL of a request must be. A `&str` converts into the exact URL.
///
/// The URL is compared as it would be sent: normalised, with its query, without fragment and user information.
/// That of a request to the application itself is `http://self/path`.
#[derive(Debug, Clone)]
pub struct UrlPattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Exact(Url),
    Glob { text: String, regex: Regex },
    Prefix(String),
    Regex(Regex),
}

/// A pattern in which `*` stands for any characters of one path segment or of the URI host, and `**` for any
/// characters. All other characters stand for themselves, `?` too. The pattern describes the whole URL.
///
/// ```
/// use harness_outbound::mocks::{get, glob, status};
///
/// let _mock = get(glob("https://*.api.test/users/*/orders**"));
/// ```
///
/// # Panics
///
/// If the pattern is too long to be compiled.
#[must_use]
#[track_caller]
pub fn glob(text: &str) -> UrlPattern {
    UrlPattern::glob(text).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Any URL that begins with `text`, as it would be sent.
#[must_use]
pub fn prefix(text: &str) -> UrlPattern {
    UrlPattern(Kind::Prefix(text.to_owned()))
}

/// Any URL with a match for the expression, in the syntax of the crate `regex`. A match may be anywhere: `^` and `$`
/// stand for the URL's start and end.
///
/// # Panics
///
/// If the expression is invalid.
#[must_use]
#[track_caller]
pub fn regex(expression: &str) -> UrlPattern {
    UrlPattern::regex(expression).unwrap_or_else(|invalid| panic!("{invalid}"))
}

impl UrlPattern {
    /// This URL, with this query. A path (`/stock/7`) is one of the application itself.
    ///
    /// # Errors
    ///
    /// [`InvalidMock`] if it is not an http or https URL.
    pub fn exact(text: &str) -> Result<Self, InvalidMock> {
        let absolute = if text.starts_with('/') {
            format!("http://self{text}")
        } else {
            text.to_owned()
        };
        let invalid = |reason: &str| {
            InvalidMock::new(format!(
                "`{text}` is not a URL to match ({reason}); write one such as `https://api.test/path`, or a path \
                 such as `/path` for a call to the application itself"
            ))
        };
        let mut url = Url::parse(&absolute).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("its scheme is neither http nor https"));
        }
        if url.host_str() == Some("self") && url.port().is_none() {
            url = Url::parse(&format!("http://self{}", &url[Position::BeforePath..]))
                .map_err(|error| invalid(&error.to_string()))?;
        }
        url.set_fragment(None);
        url.set_username("")
            .and_then(|()| url.set_password(None))
            .map_err(|()| invalid("its user information cannot be removed"))?;
        Ok(Self(Kind::Exact(url)))
    }

    /// As [`glob()`].
    ///
    /// # Errors
    ///
    /// [`InvalidMock`] if the pattern is too long to be compiled.
    pub fn glob(text: &str) -> Result<Self, InvalidMock> {
        let mut expression = String::from("^");
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('*') {
            expression.push_str(&regex::escape(literal));
            let any = after.strip_prefix('*');
            expression.push_str(any.map_or("[^/?#]*", |_| ".*"));
            rest = any.unwrap_or(after);
        }
        expression.push_str(&regex::escape(rest));
        expression.push('$');
        Ok(Self(Kind::Glob {
            text: text.to_owned(),
            regex: compile(&expression)?,
        }))
    }

    /// As [`regex()`].
    ///
    /// # Errors
    ///
    /// [`InvalidMock`] if the expression is invalid.
    pub fn regex(expression: &str) -> Result<Self, InvalidMock> {
        Ok(Self(Kind::Regex(compile(expression)?)))
    }

    /// What of `url` is not as wanted. With `any_query`, an exact URL without a query says nothing about the query.
    pub(super) fn compare(&self, url: &Url, any_query: bool, differences: &mut Vec<Difference>) {
        let is_match = match &self.0 {
            Kind::Exact(want) => return compare_exact(want, url, any_query, differences),
            Kind::Glob { regex, .. } | Kind::Regex(regex) => regex.is_match(url.as_str()),
            Kind::Prefix(want) => url.as_str().starts_with(want),
        };
        if !is_match {
            differences.push(Difference::new(Field::Url, url, self));
        }
    }
}

fn compile(expression: &str) -> Result<Regex, InvalidMock> {
    Regex::new(expression).map_err(|error| {
        InvalidMock::new(format!(
            "`{expression}` is not a regular expression: {error}"
        ))
    })
}

fn compare_exact(want: &Url, got: &Url, any_query: bool, differences: &mut Vec<Difference>) {
    let parts = [
        (Field::Origin, Position::BeforeScheme, Position::BeforePath),
        (Field::Path, Position::BeforePath, Position::AfterPath),
    ];
    for (field, begin, end) in parts {
        let (got, want) = (&got[begin..end], &want[begin..end]);
        if got != want {
            differences.push(Difference::quoted(field, Some(got), want));
        }
    }
    let is_any = any_query && want.query().is_none();
    if !is_any && got.query() != want.query() {
        let shown =
            |query: Option<&str>| query.map_or("none".to_owned(), |query| format!("{query:?}"));
        differences.push(Difference::new(
            Field::Query,
            shown(got.query()),
            shown(want.query()),
        ));
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Exact(url) => write!(formatter, "{url}"),
            Kind::Glob { text, .. } => formatter.write_str(text),
            Kind::Prefix(text) => write!(formatter, "{text}…"),
            Kind::Regex(regex) => write!(formatter, "/{regex}/"),
        }
    }
}

impl From<&str> for UrlPattern {
    /// # Panics
    ///
    /// If the text is not an http or https URL.
    #[track_caller]
    fn from(text: &str) -> Self {
        Self::exact(text).unwrap_or_else(|invalid| panic!("{invalid}"))
    }
}

impl From<&String> for UrlPattern {
    #[track_caller]
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for UrlPattern {
    #[track_caller]
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

macro_rules! deserialize {
    ($($name:ident: $parse:expr;)*) => {$(
        /// Reads the pattern of a mock file.
        pub(super) fn $name<'de, D>(deserializer: D) -> Result<Option<UrlPattern>, D::Error>
        where
            D: Deserializer<'de>,
        {
            let text = String::deserialize(deserializer)?;
            let parse: fn(&str) -> Result<UrlPattern, InvalidMock> = $parse;
            parse(&text).map(Some).map_err(de::Error::custom)
        }
    )*};
}

deserialize! {
    read_exact: UrlPattern::exact;
    read_glob: UrlPattern::glob;
    read_prefix: |text| Ok(prefix(text));
    read_regex: UrlPattern::regex;
}
