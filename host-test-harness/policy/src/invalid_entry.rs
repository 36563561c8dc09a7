//! Why an entry of an allow-list cannot be used.

use std::error::Error;
use std::fmt;

use crate::quoted::quoted;

/// All the entries of an allow-list that cannot be used, each with a hint. There is at least one.
#[derive(Debug)]
pub struct InvalidEntries {
    entries: Vec<InvalidEntry>,
}

/// An entry of an allow-list that cannot be used, with a hint.
#[derive(Debug)]
pub struct InvalidEntry {
    entry: String,
    kind: InvalidEntryKind,
}

/// What is wrong with an [`InvalidEntry`]. Prints as the hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidEntryKind {
    /// The entry is the empty text.
    Empty,
    /// The entry is `*`.
    Wildcard,
    /// The entry is written in the grammar of `allowed_outbound_hosts`:
    /// a wildcard, a range of ports or addresses, or a variable.
    OutboundHostsGrammar,
    /// The entry contains white space or a control character.
    Blank,
    /// The entry contains a backslash.
    Backslash,
    /// The entry has a path other than `/`.
    Path,
    /// The entry has a query.
    Query,
    /// The entry has a fragment.
    Fragment,
    /// The entry has user info.
    UserInfo,
    /// The entry has a scheme other than http and https.
    UnknownScheme,
    /// The entry ends with `:`.
    EmptyPort,
    /// The entry has port 0.
    PortZero,
    /// The entry is `self` with a port.
    SelfWithPort,
    /// The WHATWG parser refuses URI host or port.
    InvalidAuthority(url::ParseError),
}

impl InvalidEntries {
    /// `None` if `entries` is empty.
    pub(crate) fn new(entries: Vec<InvalidEntry>) -> Option<Self> {
        (!entries.is_empty()).then_some(Self { entries })
    }

    /// The entries, in the order of the list.
    pub fn entries(&self) -> &[InvalidEntry] {
        &self.entries
    }
}

impl InvalidEntry {
    pub(crate) fn new(entry: &str, kind: InvalidEntryKind) -> Self {
        Self {
            entry: entry.to_owned(),
            kind,
        }
    }

    /// The entry as the user wrote it.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// What is wrong with it.
    pub fn kind(&self) -> InvalidEntryKind {
        self.kind
    }
}

impl fmt::Display for InvalidEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entries.len() {
            1 => f.write_str("an entry of `allowed_http_hosts` is not valid:")?,
            n_entries => write!(
                f,
                "{n_entries} entries of `allowed_http_hosts` are not valid:"
            )?,
        }
        self.entries
            .iter()
            .try_for_each(|entry| write!(f, "\n  {entry}"))
    }
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", quoted(&self.entry), self.kind)
    }
}

impl fmt::Display for InvalidEntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty entry permits nothing; remove it",
            Self::Wildcard => {
                "`*` has no meaning here; list the hosts, or write `insecure:allow-all` to permit every request"
            }
            Self::OutboundHostsGrammar => {
                "wildcards, ranges and variables are the grammar of `allowed_outbound_hosts` (manifest version 2); \
                 list each host here"
            }
            Self::Blank => "remove the white space and control characters; one entry names one host",
            Self::Backslash => "remove the backslash; write `host`, `host:port` or `http://host:port`",
            Self::Path => "remove the path; an entry permits a whole host",
            Self::Query => "remove the query; an entry permits a whole host",
            Self::Fragment => "remove the fragment; an entry permits a whole host",
            Self::UserInfo => "remove the user info; credentials belong in the request's Authorization header",
            Self::UnknownScheme => "the scheme of an entry is `http` or `https`, or left out",
            Self::EmptyPort => "name the port after `:`, or remove the `:`",
            Self::PortZero => "no server listens at port 0; name another port, or none for the default ports",
            Self::SelfWithPort => "`self` is the application itself, whatever its port; write `self`",
            Self::InvalidAuthority(error) => {
                return write!(f, "{error}; write `host`, `host:port` or `http://host:port`");
            }
        })
    }
}

impl Error for InvalidEntries {}

impl Error for InvalidEntry {}
