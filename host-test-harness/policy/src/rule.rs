//! One entry of an allow-list.

use std::net::IpAddr;

use url::{Host, ParseError, Url};

use crate::invalid_entry::InvalidEntryKind;
use crate::origin::Origin;
use crate::target::{OWN_APPLICATION, Target};

/// The entry that permits every http and https request.
pub(crate) const ALLOW_ALL: &str = "insecure:allow-all";

/// What one entry of an allow-list permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    entry: String,
    scope: Scope,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// Every http and https request, and every self request.
    Everything,
    /// Requests to the application itself.
    OwnApplication,
    /// Requests to `host`, at `port`, or at the default port of the request's scheme.
    Authority {
        host: Host<String>,
        port: Option<u16>,
    },
}

impl Rule {
    /// The entry as the user wrote it.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Reads an entry of `allowed_http_hosts`: a host, `host:port`, or an http(s) URL without a path.
    pub(crate) fn from_allowed_http_host(entry: &str) -> Result<Self, InvalidEntryKind> {
        let scope = if entry == ALLOW_ALL {
            Scope::Everything
        } else {
            check_characters(entry)?;
            scope_of_authority(authority_of(entry)?)?
        };
        Ok(Self {
            entry: entry.to_owned(),
            scope,
        })
    }

    /// Does this rule permit `target`?
    pub(crate) fn permits(&self, target: &Target) -> bool {
        match (&self.scope, target.origin()) {
            (_, None) => false,
            (Scope::Everything, Some(_)) => true,
            (Scope::OwnApplication, Some(_)) => target.is_self(),
            (Scope::Authority { host, port }, Some(origin)) => {
                !target.is_self()
                    && host == origin.host()
                    && port.unwrap_or(origin.scheme().default_port()) == origin.port()
            }
        }
    }

    /// Does this rule name the URI host of `origin`, whatever the port?
    pub(crate) fn names_host_of(&self, origin: &Origin) -> bool {
        match &self.scope {
            Scope::Everything | Scope::OwnApplication => false,
            Scope::Authority { host, .. } => host == origin.host(),
        }
    }

    /// Does this rule permit every http and https request?
    pub(crate) fn permits_everything(&self) -> bool {
        match self.scope {
            Scope::Everything => true,
            Scope::OwnApplication | Scope::Authority { .. } => false,
        }
    }

    /// Was the entry written with a scheme? It does not restrict.
    pub(crate) fn has_scheme(&self) -> bool {
        self.entry.contains("://")
    }
}

/// Refuses what the WHATWG parser would repair or cut off in silence.
fn check_characters(entry: &str) -> Result<(), InvalidEntryKind> {
    if entry.is_empty() {
        return Err(InvalidEntryKind::Empty);
    }
    if entry == "*" {
        return Err(InvalidEntryKind::Wildcard);
    }
    if entry.contains("{{") {
        return Err(InvalidEntryKind::OutboundHostsGrammar);
    }
    if entry.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Err(InvalidEntryKind::Blank);
    }
    for (character, kind) in [
        ('*', InvalidEntryKind::OutboundHostsGrammar),
        ('\\', InvalidEntryKind::Backslash),
        ('?', InvalidEntryKind::Query),
        ('#', InvalidEntryKind::Fragment),
    ] {
        if entry.contains(character) {
            return Err(kind);
        }
    }
    Ok(())
}

/// The entry without its scheme and one `/` at the end.
fn authority_of(entry: &str) -> Result<&str, InvalidEntryKind> {
    let authority = match entry.split_once("://") {
        Some((scheme, rest))
            if ["http", "https"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known)) =>
        {
            rest
        }
        Some(_) => return Err(InvalidEntryKind::UnknownScheme),
        None => entry,
    };
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    if let Some((host, path)) = authority.split_once('/') {
        let is_address_range =
            path.parse::<u8>().is_ok() && host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        return Err(if is_address_range {
            InvalidEntryKind::OutboundHostsGrammar
        } else {
            InvalidEntryKind::Path
        });
    }
    if authority.contains('@') {
        return Err(InvalidEntryKind::UserInfo);
    }
    if authority.ends_with(':') {
        return Err(InvalidEntryKind::EmptyPort);
    }
    Ok(authority)
}

fn scope_of_authority(authority: &str) -> Result<Scope, InvalidEntryKind> {
    let parse = |scheme: &str| {
        Url::parse(&format!("{scheme}://{authority}/")).map_err(|error| {
            if error == ParseError::InvalidPort && authority.contains("..") {
                InvalidEntryKind::OutboundHostsGrammar
            } else {
                InvalidEntryKind::InvalidAuthority(error)
            }
        })
    };
    // Each scheme drops its own default port only, so an explicit port survives in at least one of the two.
    let (http, https) = (parse("http")?, parse("https")?);
    let port = http.port().or(https.port());
    let host = http
        .host()
        .ok_or(InvalidEntryKind::InvalidAuthority(ParseError::EmptyHost))?;
    match (host, port) {
        (_, Some(0)) => Err(InvalidEntryKind::PortZero),
        (Host::Domain(OWN_APPLICATION), Some(_)) => Err(InvalidEntryKind::SelfWithPort),
        (Host::Domain(OWN_APPLICATION), None) => Ok(Scope::OwnApplication),
        // A `*` in another script's form becomes one by normalisation.
        (Host::Domain(name), _) if name.contains('*') => {
            Err(InvalidEntryKind::OutboundHostsGrammar)
        }
        (host, port) => Ok(Scope::Authority {
            host: host.to_owned(),
            port,
        }),
    }
}
