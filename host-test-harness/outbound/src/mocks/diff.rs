//! The differences between a request and what a mock expects, field by field.

use std::fmt;

/// How much of a value a difference shows, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// Fields whose values are not shown, since an error's text reaches the log.
const SECRET: [&str; 4] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
];

/// One field of a request that is not as a mock expects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    field: Field,
    got: String,
    want: String,
}

/// A field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Method,
    /// The whole URL.
    Url,
    /// Its scheme, host and port.
    Origin,
    Host,
    Path,
    Query,
    QueryParameter(String),
    Header(String),
    /// A part of the body, such as `json /items/0`.
    Body(String),
    Predicate,
    State,
    Calls,
}

impl Difference {
    pub(super) fn new(field: Field, got: impl fmt::Display, want: impl fmt::Display) -> Self {
        Self {
            field,
            got: shortened(&got.to_string()),
            want: shortened(&want.to_string()),
        }
    }

    /// A difference of texts, which are quoted. `None` is shown as `none`.
    pub(super) fn quoted(field: Field, got: Option<&str>, want: &str) -> Self {
        let got = got.map_or("none".to_owned(), |got| format!("{got:?}"));
        Self::new(field, got, format!("{want:?}"))
    }

    /// A difference of the values of a header field.
    pub(super) fn header(name: &str, got: &[String], want: &str) -> Self {
        let field = Field::Header(name.to_owned());
        if SECRET.contains(&name) {
            let got = match got.len() {
                0 => "none",
                _ => "another value",
            };
            return Self::new(field, got, "the mock's value (not shown)");
        }
        Self::new(field, listed(got), format!("{want:?}"))
    }

    /// How far the request is from the mock: a mock of another origin is farther than one with another body.
    pub(super) fn distance(&self) -> u32 {
        match self.field {
            Field::Url | Field::Origin | Field::Host => 1000,
            Field::Path => 100,
            Field::Method => 30,
            Field::Query
            | Field::QueryParameter(_)
            | Field::Header(_)
            | Field::Body(_)
            | Field::Predicate => 3,
            Field::State | Field::Calls => 1,
        }
    }
}

/// `none`, `"a"`, or `"a", "b"`.
pub(super) fn listed(values: &[String]) -> String {
    if values.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    quoted.join(", ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or(text),
            text.len()
        ),
        None => text.to_owned(),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: got {}, want {}",
            self.field, self.got, self.want
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => formatter.write_str("method"),
            Self::Url => formatter.write_str("URL"),
            Self::Origin => formatter.write_str("origin"),
            Self::Host => formatter.write_str("host"),
            Self::Path => formatter.write_str("path"),
            Self::Query => formatter.write_str("query"),
            Self::QueryParameter(name) => write!(formatter, "query `{name}`"),
            Self::Header(name) => write!(formatter, "header `{name}`"),
            Self::Body(part) => formatter.write_str(part),
            Self::Predicate => formatter.write_str("predicate"),
            Self::State => formatter.write_str("state"),
            Self::Calls => formatter.write_str("calls"),
        }
    }
}
