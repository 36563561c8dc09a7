//! The grammar of `allowed_http_hosts`: a host, `host:port`, or an http(s) URL without a path.

use std::net::IpAddr;

use url::{Host, ParseError, Url};

use crate::invalid_entry::InvalidEntryKind;
use crate::own_application::OWN_APPLICATION;
use crate::scope::{EVERYTHING, Hosts, Ports, Schemes, Scope};

/// The entry that permits every http and https request.
pub(crate) const ALLOW_ALL: &str = "insecure:allow-all";

/// Parses one entry.
pub(crate) fn parse(entry: &str) -> Result<Scope, InvalidEntryKind> {
    if entry == ALLOW_ALL {
        return Ok(EVERYTHING);
    }
    check_characters(entry)?;
    scope_of_authority(authority_of(entry)?)
}

/// Rejects characters that the WHATWG parser would silently repair or cut off.
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
    InvalidEntryKind::reject(
        entry,
        &[
            ('*', InvalidEntryKind::OutboundHostsGrammar),
            ('\\', InvalidEntryKind::Backslash),
            ('?', InvalidEntryKind::Query),
            ('#', InvalidEntryKind::Fragment),
        ],
    )
}

/// Strips the scheme and one trailing `/` from the entry.
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
    // A URL drops the default port of its own scheme only, so at least one of the two URLs keeps an explicit port.
    let (http, https) = (parse("http")?, parse("https")?);
    let port = http.port().or(https.port());
    let host = http
        .host()
        .ok_or(InvalidEntryKind::InvalidAuthority(ParseError::EmptyHost))?;
    match (host, port) {
        (_, Some(0)) => Err(InvalidEntryKind::PortZero),
        (Host::Domain(OWN_APPLICATION), Some(_)) => Err(InvalidEntryKind::SelfWithPort),
        (Host::Domain(OWN_APPLICATION), None) => Ok(Scope::OwnApplication { has_port: false }),
        // Normalisation turns a fullwidth `*` into an ASCII one.
        (Host::Domain(name), _) if name.contains('*') => {
            Err(InvalidEntryKind::OutboundHostsGrammar)
        }
        (host, port) => Ok(Scope::Hosts {
            schemes: Schemes::HttpAndHttps,
            hosts: Hosts::Exactly(host.to_owned()),
            ports: port.map_or(Ports::DefaultOfScheme, |port| Ports::Within(port..=port)),
        }),
    }
}
