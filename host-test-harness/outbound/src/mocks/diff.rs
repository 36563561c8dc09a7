//! The differences between a request and what a mock expects, field by field.

use std::fmt::{self, Write as _};

/// How much of a value or of a field's name a difference shows, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// How many differences an error shows.
pub(super) const SHOWN_DIFFERENCES: usize = 10;

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
            got: shortened(got),
            want: shortened(want),
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
            Field::Query | Field::QueryParameter(_) | Field::Header(_) | Field::Predicate => 3,
            // Less than another method, even with all differences of a JSON value.
            Field::Body(_) => 2,
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

/// The start of a value, and its length if that is not all. A body may have megabytes, so it is not held as a text.
pub(super) fn shortened(value: impl fmt::Display) -> String {
    let mut start = Start::default();
    // A value that cannot be shown is shown as far as it can be.
    write!(start, "{value}").unwrap_or_default();
    if start.n_characters > SHOWN_CHARACTERS {
        start.text += &format!("… ({} bytes)", start.n_bytes);
    }
    start.text
}

/// The start of a text, and how long the text is.
#[derive(Default)]
struct Start {
    text: String,
    n_characters: usize,
    n_bytes: usize,
}

impl fmt::Write for Start {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let left = SHOWN_CHARACTERS.saturating_sub(self.n_characters);
        self.text.extend(piece.chars().take(left));
        self.n_characters += piece.chars().count();
        self.n_bytes += piece.len();
        Ok(())
    }
}

/// The differences as one text, of which the first are enough to find the others.
pub(super) fn joined(differences: &[Difference]) -> String {
    let shown = differences.iter().take(SHOWN_DIFFERENCES);
    let mut shown: Vec<String> = shown.map(ToString::to_string).collect();
    if differences.len() > SHOWN_DIFFERENCES {
        shown.push("and more".to_owned());
    }
    shown.join("; ")
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
