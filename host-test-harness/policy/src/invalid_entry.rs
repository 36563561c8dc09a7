//! Why an entry of an allow-list cannot be used.

use std::error::Error;
use std::fmt;

use crate::host_list::HostList;
use crate::quoted::quoted;

/// All the entries of an allow-list that cannot be used, each with a hint. There is at least one.
#[derive(Debug)]
pub struct InvalidEntries {
    list: HostList,
    entries: Vec<InvalidEntry>,
}

/// An entry of an allow-list that cannot be used, with a hint.
#[derive(Debug)]
pub struct InvalidEntry {
    list: HostList,
    entry: String,
    expanded: Option<String>,
    kind: InvalidEntryKind,
}

/// What is wrong with an [`InvalidEntry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidEntryKind {
    /// The entry is the empty text.
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
    /// The WHATWG parser refuses the URI host, or in `allowed_http_hosts` the port.
    InvalidAuthority(url::ParseError),

    /// `allowed_http_hosts`: the entry is `*`.
    Wildcard,
    /// `allowed_http_hosts`: the entry is written in the grammar of `allowed_outbound_hosts`:
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
    /// `allowed_outbound_hosts`: the entry has no port, and its scheme no default port.
    MissingPort,
    /// `allowed_outbound_hosts`: the port is no number up to 65535, `*`, or range of two such numbers.
    InvalidPort,
    /// `allowed_outbound_hosts`: `*` stands within a URI host, or before an address.
    MisplacedWildcard,
    /// `allowed_outbound_hosts`: a list or another text in braces.
    Braces,
    /// `allowed_outbound_hosts`: the prefix length of a network is out of range.
    InvalidNetwork,
    /// `allowed_outbound_hosts`: no `}}` follows a `{{`.
    UnclosedVariable,
    /// `allowed_outbound_hosts`: no variable has this name.
    UnknownVariable(String),
}

impl InvalidEntryKind {
    /// Refuses blanks and control characters, and each of `characters` for its own reason.
    pub(crate) fn refuse(entry: &str, characters: &[(char, Self)]) -> Result<(), Self> {
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
    /// `None` if `entries` is empty.
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

    /// With what the entry reads once its variables are replaced.
    pub(crate) fn expanded_to(mut self, expanded: &str) -> Self {
        self.expanded = Some(expanded.to_owned());
        self
    }

    /// The entry as the user wrote it, variables included.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &InvalidEntryKind {
        &self.kind
    }
}

impl InvalidEntryKind {
    fn write_hint(&self, list: HostList, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = list.entry_form();
        f.write_str(match self {
            Self::Empty => "an empty entry permits nothing; remove it",
            Self::Blank => "remove the white space and control characters; one entry names one host",
            Self::Backslash => return write!(f, "remove the backslash; write {form}"),
            Self::Path => "remove the path; an entry permits a whole host",
            Self::Query => "remove the query; an entry permits a whole host",
            Self::Fragment => "remove the fragment; an entry permits a whole host",
            Self::UserInfo => "remove the user info; credentials belong in the request's Authorization header",
            Self::InvalidAuthority(error) => return write!(f, "{error}; write {form}"),
            Self::Wildcard => {
                "`*` has no meaning here; list the hosts, or write `insecure:allow-all` to permit every request"
            }
            Self::OutboundHostsGrammar => {
                "wildcards, ranges and variables are the grammar of `allowed_outbound_hosts` (manifest version 2, \
                 `--allow-outbound-host`); list each host here"
            }
            Self::UnknownScheme => "the scheme of an entry is `http` or `https`, or left out",
            Self::EmptyPort => "name the port after `:`, or remove the `:`",
            Self::PortZero => "no server listens at port 0; name another port, or none for the default ports",
            Self::SelfWithPort => "`self` is the application itself, whatever its port; write `self`",
            Self::AllowAll => "list the hosts, or write `*://*:*` to permit every request",
            Self::MissingScheme => {
                "an entry starts with a scheme: write `https://host`, `http://host`, or `*://host:port` for both"
            }
            Self::InvalidScheme => "the scheme of an entry is letters, such as `https`, or `*`",
            Self::MissingPort => "this scheme has no default port; name the port, or `*` for every port",
            Self::InvalidPort => {
                "a port is a number up to 65535, a range such as `8000..9000` (its end is left out), or `*`"
            }
            Self::MisplacedWildcard => {
                "`*` stands for a whole host, or for the subdomains in `*.example.com`; addresses have networks, \
                 such as `10.0.0.0/8`"
            }
            Self::Braces => "lists in braces are not supported; write an entry for each, or `{{ name }}` for a variable",
            Self::InvalidNetwork => "the length after `/` is 0 to 32 for IPv4, and 0 to 128 for IPv6",
            Self::UnclosedVariable => "close the variable with `}}`",
            Self::UnknownVariable(name) => {
                return write!(
                    f,
                    "the variable {} has no value; give it one in the manifest or by `--variable NAME=VALUE`",
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
            1 => write!(f, "an entry of `{key}` is not valid:")?,
            n_entries => write!(f, "{n_entries} entries of `{key}` are not valid:")?,
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
            write!(f, ", which reads {}", quoted(expanded))?;
        }
        f.write_str(": ")?;
        self.kind.write_hint(self.list, f)
    }
}

impl Error for InvalidEntries {}

impl Error for InvalidEntry {}
