//! What of a recording does not reach a file.

use std::sync::LazyLock;

use http::HeaderValue;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, PROXY_AUTHORIZATION, SET_COOKIE};
use regex::{Captures, Regex};

use super::exchange::RecordedExchange;

/// What stands in a file in the place of a value that is redacted.
pub const REDACTED: &str = "REDACTED";

/// What can stand before a query parameter: in a URL, and in a sentence that quotes a query.
const BEFORE_PARAMETER: [char; 4] = ['?', '&', '#', '"'];

/// The values of a header field or query parameter in the error of a request that no mock matches. A long list of
/// values is cut within a value.
static DIFFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let quoted = r#""(?:[^"\\]|\\.)*""#;
    let values =
        format!(r#"(?:none|(?:{quoted}(?:, )?)*(?:"(?:[^"\\]|\\.)*)?(?:… \(\d+ bytes\))?)"#);
    let difference = format!("(header|query) `([^`]+)`: got {values}, want {values}");
    Regex::new(&difference).expect("the literal is a regular expression")
});

/// Which values of a recording do not reach a file.
///
/// By default: the values of `authorization`, `cookie`, `set-cookie` and `proxy-authorization`, in header fields, in
/// trailers and in HAR's own lists of cookies, where names and attributes stay. Names of header fields stay, and so
/// does the number of their values.
///
/// Bodies are recorded as they are.
///
/// ```
/// use harness_outbound::recording::Redaction;
/// use http::HeaderName;
///
/// let redaction = Redaction::default()
///     .header(HeaderName::from_static("x-api-key"))
///     .query_parameter("token");
/// let url = redaction.text("https://api.test/v1?token=s3cret&page=2");
/// assert_eq!(url, "https://api.test/v1?token=REDACTED&page=2");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    headers: Vec<HeaderName>,
    query_parameters: Vec<String>,
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            headers: vec![AUTHORIZATION, COOKIE, SET_COOKIE, PROXY_AUTHORIZATION],
            query_parameters: Vec::new(),
        }
    }
}

impl Redaction {
    /// Nothing is redacted. For a recording that does not leave the test that made it.
    #[must_use]
    pub fn none() -> Self {
        Self {
            headers: Vec::new(),
            query_parameters: Vec::new(),
        }
    }

    /// Redacts the values of this field, too.
    #[must_use]
    pub fn header(mut self, name: HeaderName) -> Self {
        self.headers.push(name);
        self
    }

    /// Redacts the value of this query parameter, too: in the request's URL, and in any URL in a header field or an
    /// error. The name is compared without its escapes.
    #[must_use]
    pub fn query_parameter(mut self, name: impl Into<String>) -> Self {
        self.query_parameters.push(name.into());
        self
    }

    /// Whether the values of this field are redacted.
    #[must_use]
    pub fn hides(&self, name: &HeaderName) -> bool {
        self.headers.contains(name)
    }

    /// A text without the values of the redacted query parameters of the URLs in it.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if self.query_parameters.is_empty() {
            return text.to_owned();
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(BEFORE_PARAMETER) {
            let (before, after) = rest.split_at(start + 1);
            shown.push_str(before);
            rest = after;
            let Some(equals) = rest.find('=') else {
                continue;
            };
            let (name, value) = rest.split_at(equals + 1);
            let name_text = name.trim_end_matches('=');
            if name_text.contains(BEFORE_PARAMETER) || !self.hides_parameter(name_text) {
                continue;
            }
            shown.push_str(name);
            shown.push_str(REDACTED);
            // In a URL only `&` and `#` can follow a value; in a sentence around it, also these.
            let end = value.find(|next: char| {
                matches!(next, '&' | '#' | '"' | '`' | '<' | '>') || next.is_whitespace()
            });
            rest = value.get(end.unwrap_or(value.len())..).unwrap_or_default();
        }
        shown.push_str(rest);
        shown
    }

    fn hides_parameter(&self, name: &str) -> bool {
        let parsed = url::form_urlencoded::parse(name.as_bytes()).next();
        parsed.is_some_and(|(name, _)| self.query_parameters.iter().any(|hidden| *hidden == name))
    }

    /// Removes from an exchange what must not reach a file.
    pub fn apply(&self, exchange: &mut RecordedExchange) {
        let request = &mut exchange.request;
        request.url = self.text(&request.url);
        self.apply_to(&mut request.headers);
        self.apply_to(&mut request.body.trailers);
        if let Some(response) = &mut exchange.response {
            self.apply_to(&mut response.headers);
            self.apply_to(&mut response.body.trailers);
        }
        if let Some(failure) = &mut exchange.failure {
            failure.cause = self.text(&self.differences(&failure.cause));
            failure.details = failure.details.as_deref().map(|details| self.text(details));
        }
    }

    /// A sentence without the redacted values that it compares.
    fn differences(&self, sentence: &str) -> String {
        let redacted = DIFFERENCE.replace_all(sentence, |difference: &Captures<'_>| {
            let [all, kind, name] = [0, 1, 2].map(|index| {
                let group = difference.get(index);
                group.map_or("", |group| group.as_str())
            });
            let is_hidden = match kind {
                "header" => self.headers.iter().any(|hidden| hidden == name),
                _ => self.query_parameters.iter().any(|hidden| hidden == name),
            };
            if is_hidden {
                format!("{kind} `{name}`: got {REDACTED}, want {REDACTED}")
            } else {
                all.to_owned()
            }
        });
        redacted.into_owned()
    }

    fn apply_to(&self, headers: &mut HeaderMap) {
        for (name, value) in headers.iter_mut() {
            if self.hides(name) {
                *value = HeaderValue::from_static(REDACTED);
                continue;
            }
            let Some(text) = std::str::from_utf8(value.as_bytes()).ok() else {
                continue;
            };
            // A value stays valid, since nothing but letters is added.
            if let Ok(redacted) = HeaderValue::from_bytes(self.text(text).as_bytes()) {
                *value = redacted;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_query_parameter_has_no_value_wherever_a_url_is() {
        let redaction = Redaction::none()
            .query_parameter("token")
            .query_parameter("a b");
        let rows = [
            (
                "https://a.test/?token=s3cret",
                "https://a.test/?token=REDACTED",
            ),
            ("/p?x=1&token=s3cret#f", "/p?x=1&token=REDACTED#f"),
            (
                "/p?token=s3cret&token=s3cret",
                "/p?token=REDACTED&token=REDACTED",
            ),
            ("/p?to%6ben=s3cret", "/p?to%6ben=REDACTED"),
            (
                "/p?a+b=s3cret&a%20b=s3cret",
                "/p?a+b=REDACTED&a%20b=REDACTED",
            ),
            ("/p?token=s3?cret=s3;cret", "/p?token=REDACTED"),
            ("/p#token=s3cret", "/p#token=REDACTED"),
            ("/p?next=/q?token=s3cret", "/p?next=/q?token=REDACTED"),
            (
                "<https://a.test/?token=s3cret>; rel=next",
                "<https://a.test/?token=REDACTED>; rel=next",
            ),
            (
                "to http://a.test/?token=s3cret; is it a loop?",
                "to http://a.test/?token=REDACTED is it a loop?",
            ),
            (
                r#"query: got "token=s3cret", want "x=1&token=s3cret""#,
                r#"query: got "token=REDACTED", want "x=1&token=REDACTED""#,
            ),
            ("`/p?token=s3cret`, but", "`/p?token=REDACTED`, but"),
            // Not that parameter.
            ("/token=1?mytoken=1&token", "/token=1?mytoken=1&token"),
            ("/p?Token=1", "/p?Token=1"),
            ("/p?token&b=1", "/p?token&b=1"),
            ("?", "?"),
            ("", ""),
        ];
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(text, want)| redaction.text(text) != *want)
            .map(|(text, want)| format!("{text}: got {}, want {want}", redaction.text(text)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
