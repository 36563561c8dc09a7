//! Invalid entries of an allow-list.

use std::error::Error;
use std::fmt;

use crate::display::quoted;
use crate::host_list::HostList;

/// All invalid entries of an allow-list, each with a hint. Never empty.
#[derive(Debug)]
pub struct InvalidEntries {
    list: HostList,
    entries: Vec<InvalidEntry>,
}

/// An invalid entry of an allow-list, with a hint.
#[derive(Debug)]
pub struct InvalidEntry {
    list: HostList,
    entry: String,
    expanded: Option<String>,
    kind: InvalidEntryKind,
}

/// The reason of an [`InvalidEntry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidEntryKind {
    /// The entry is an empty string.
    Empty,
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
    /// The WHATWG parser rejects the URI host, or in `allowed_http_hosts` the port.
    InvalidAuthority(url::ParseError),

    /// `allowed_http_hosts`: the entry is `*`.
    Wildcard,
    /// `allowed_http_hosts`: the entry uses the grammar of `allowed_outbound_hosts`:
    /// a wildcard, a range of ports or addresses, or a variable.
    OutboundHostsGrammar,
    /// `allowed_http_hosts`: the entry has a scheme other than http and https.
    UnknownScheme,
    /// `allowed_http_hosts`: the entry ends with `:`.
    EmptyPort,
    /// `allowed_http_hosts`: the entry has port 0.
    PortZero,
    /// `allowed_http_hosts`: the entry is `self` with a port.
    SelfWithPort,

    /// `allowed_outbound_hosts`: the entry is `insecure:allow-all`, alone or with others.
    AllowAll,
    /// `allowed_outbound_hosts`: the entry has no scheme.
    MissingScheme,
    /// `allowed_outbound_hosts`: the scheme is neither letters nor `*`.
    InvalidScheme,
    /// `allowed_outbound_hosts`: the entry has no port, and its scheme has no default port.
    MissingPort,
    /// `allowed_outbound_hosts`: the port is not `*`, a number up to 65535, or a range of two such numbers.
    InvalidPort,
    /// `allowed_outbound_hosts`: the URI host contains `*` elsewhere than in a leading `*.`, or `*.` precedes an address.
    MisplacedWildcard,
    /// `allowed_outbound_hosts`: the entry contains braces that are not a variable.
    Braces,
    /// `allowed_outbound_hosts`: the prefix length of a network is out of range.
    InvalidNetwork,
    /// `allowed_outbound_hosts`: a `{{` has no `}}`.
    UnclosedVariable,
    /// `allowed_outbound_hosts`: the variable of this name has no value.
    UnknownVariable(String),
}

impl InvalidEntryKind {
    /// A stable code for programs: words joined by `-`, such as `missing-scheme`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Wildcard => "wildcard",
            Self::OutboundHostsGrammar => "outbound-hosts-grammar",
            Self::Blank => "blank",
            Self::Backslash => "backslash",
            Self::Path => "path",
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::UserInfo => "user-info",
            Self::UnknownScheme => "unknown-scheme",
            Self::EmptyPort => "empty-port",
            Self::PortZero => "port-zero",
            Self::SelfWithPort => "self-with-port",
            Self::InvalidAuthority(_) => "invalid-authority",
            Self::AllowAll => "allow-all",
            Self::MissingScheme => "missing-scheme",
            Self::InvalidScheme => "invalid-scheme",
            Self::MissingPort => "missing-port",
            Self::InvalidPort => "invalid-port",
            Self::MisplacedWildcard => "misplaced-wildcard",
            Self::Braces => "braces",
            Self::InvalidNetwork => "invalid-network",
            Self::UnclosedVariable => "unclosed-variable",
            Self::UnknownVariable(_) => "unknown-variable",
        }
    }

    /// Rejects white space and control characters, and each of `characters` with its own kind.
    pub(crate) fn reject(entry: &str, characters: &[(char, Self)]) -> Result<(), Self> {
        if entry.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err(Self::Blank);
        }
        let found = characters
            .iter()
            .find(|(character, _)| entry.contains(*character));
        found.map_or(Ok(()), |(_, kind)| Err(kind.clone()))
    }
}

impl InvalidEntries {
    /// Returns `None` if `entries` is empty.
    pub(crate) fn new(list: HostList, entries: Vec<InvalidEntry>) -> Option<Self> {
        (!entries.is_empty()).then_some(Self { list, entries })
    }

    /// The entries, in the order of the list.
    pub fn entries(&self) -> &[InvalidEntry] {
        &self.entries
    }
}

impl InvalidEntry {
    pub(crate) fn new(list: HostList, entry: &str, kind: InvalidEntryKind) -> Self {
        Self {
            list,
            entry: entry.to_owned(),
            expanded: None,
            kind,
        }
    }

    /// Adds the entry as it reads after its variables have been replaced.
    pub(crate) fn expanded_to(mut self, expanded: &str) -> Self {
        self.expanded = Some(expanded.to_owned());
        self
    }

    /// The entry as the user wrote it, variables included.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The reason.
    pub fn kind(&self) -> &InvalidEntryKind {
        &self.kind
    }
}

impl InvalidEntryKind {
    fn write_hint(&self, list: HostList, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = list.entry_form();
        f.write_str(match self {
            Self::Empty => "an empty entry permits nothing; remove it",
            Self::Blank => "remove the white space and control characters; each entry names one host",
            Self::Backslash => return write!(f, "remove the backslash; use {form}"),
            Self::Path => "remove the path; an entry permits a whole host",
            Self::Query => "remove the query; an entry permits a whole host",
            Self::Fragment => "remove the fragment; an entry permits a whole host",
            Self::UserInfo => "remove the user info; send credentials in the Authorization header of the request",
            Self::InvalidAuthority(error) => return write!(f, "{error}; use {form}"),
            Self::Wildcard => {
                "`*` is not supported here; list the hosts, or use `insecure:allow-all` to permit every request"
            }
            Self::OutboundHostsGrammar => {
                "only `allowed_outbound_hosts` (manifest version 2, `--allow-outbound-host`) supports wildcards, ranges \
                 and variables; list each host here"
            }
            Self::UnknownScheme => "unsupported scheme; use `http://`, `https://` or no scheme",
            Self::EmptyPort => "the port is missing; add it after `:`, or remove the `:`",
            Self::PortZero => "port 0 is not valid; use another port, or no port for the default ports",
            Self::SelfWithPort => "`self` takes no port; use `self`",
            Self::AllowAll => {
                "`allowed_outbound_hosts` does not support it; list the hosts, or use `*://*:*` to permit every request"
            }
            Self::MissingScheme => {
                "the scheme is missing; use `https://host`, `http://host`, or `*://host:port` for both"
            }
            Self::InvalidScheme => "invalid scheme; use letters, such as `https`, or `*`",
            Self::MissingPort => "this scheme has no default port; add a port, or `:*` for every port",
            Self::InvalidPort => {
                "invalid port; use a number up to 65535, a range such as `8000..9000` (without its end), or `*`"
            }
            Self::MisplacedWildcard => {
                "misplaced `*`; use `*` for every host, `*.example.com` for subdomains, or a network such as \
                 `10.0.0.0/8` for addresses"
            }
            Self::Braces => "lists in braces are not supported; add one entry each, or use `{{ name }}` for a variable",
            Self::InvalidNetwork => "invalid prefix length; use 0 to 32 for IPv4, and 0 to 128 for IPv6",
            Self::UnclosedVariable => "a `{{` has no `}}`; use `{{ name }}`",
            Self::UnknownVariable(name) => {
                return write!(
                    f,
                    "the variable {} has no value; set it in the manifest or with `--variable NAME=VALUE`",
                    quoted(name)
                );
            }
        })
    }
}

impl fmt::Display for InvalidEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.list.manifest_key();
        match self.entries.len() {
            1 => write!(f, "1 invalid entry in `{key}`:")?,
            n_entries => write!(f, "{n_entries} invalid entries in `{key}`:")?,
        }
        self.entries
            .iter()
            .try_for_each(|entry| write!(f, "\n  {entry}"))
    }
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.entry))?;
        if let Some(expanded) = &self.expanded {
            write!(f, ", which expands to {}", quoted(expanded))?;
        }
        f.write_str(": ")?;
        self.kind.write_hint(self.list, f)
    }
}

impl Error for InvalidEntries {}

impl Error for InvalidEntry {}
