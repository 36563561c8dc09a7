//! The grammar of `allowed_outbound_hosts`: `scheme://host[:port]`, each part with wildcards.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, ParseError};

use crate::http_host_entry::ALLOW_ALL;
use crate::invalid_entry::InvalidEntryKind;
use crate::network;
use crate::origin::Scheme;
use crate::own_application::{INTERNAL_DOMAIN, OWN_APPLICATION, OWN_APPLICATION_ALTERNATIVE};
use crate::scope::{ANY_PORT, Hosts, NoEffect, Ports, Schemes, Scope};

/// The schemes, besides http and https, whose entries need no port.
const OTHER_DEFAULT_PORTS: [(&str, u16); 4] = [
    ("mqtt", 1883),
    ("mysql", 3306),
    ("postgres", 5432),
    ("redis", 6379),
];

/// Parses one entry, after its variables have been replaced.
pub(crate) fn parse(entry: &str) -> Result<Scope, InvalidEntryKind> {
    let entry = entry.trim(); // As in Spin: the value of a variable may end with a line break.
    let (scheme, rest) = split_scheme(entry)?;
    check_characters(entry)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = split_port(rest)?;
    let ports = ports(port, scheme)?;
    let host = HostPart::parse(host)?;
    let schemes = if scheme == "*" {
        Schemes::HttpAndHttps
    } else if let Some(scheme) = Scheme::named(scheme) {
        Schemes::Only(scheme)
    } else {
        return Ok(Scope::Nothing(NoEffect::OtherScheme));
    };
    Ok(match (host, ports) {
        // A request to the application itself has no port of its own.
        (HostPart::OwnApplication, _) => Scope::OwnApplication {
            has_port: !matches!(port, "" | "*"),
        },
        (HostPart::Hosts(_), None) => Scope::Nothing(NoEffect::NoPort),
        (HostPart::Hosts(hosts), Some(ports)) => Scope::Hosts {
            schemes,
            hosts,
            ports,
        },
    })
}

fn split_scheme(entry: &str) -> Result<(&str, &str), InvalidEntryKind> {
    if entry.is_empty() {
        return Err(InvalidEntryKind::Empty);
    }
    if entry == ALLOW_ALL {
        return Err(InvalidEntryKind::AllowAll);
    }
    let (scheme, rest) = entry
        .split_once("://")
        .ok_or(InvalidEntryKind::MissingScheme)?;
    if scheme.contains(['{', '}']) {
        return Err(InvalidEntryKind::Braces);
    }
    let is_name = !scheme.is_empty()
        && scheme
            .chars()
            .all(|character| character.is_ascii_alphabetic());
    if scheme != "*" && !is_name {
        return Err(InvalidEntryKind::InvalidScheme);
    }
    Ok((scheme, rest))
}

/// Rejects characters that neither a URI host nor a port contains, each with its own reason.
fn check_characters(entry: &str) -> Result<(), InvalidEntryKind> {
    InvalidEntryKind::reject(
        entry,
        &[
            ('{', InvalidEntryKind::Braces),
            ('}', InvalidEntryKind::Braces),
            ('\\', InvalidEntryKind::Backslash),
            ('?', InvalidEntryKind::Query),
            ('#', InvalidEntryKind::Fragment),
        ],
    )
}

/// Splits into host and port. The port is empty if the entry has none; the colons of an IPv6 address do not separate
/// a port.
fn split_port(rest: &str) -> Result<(&str, &str), InvalidEntryKind> {
    if rest.parse::<IpNet>().is_ok() {
        return Ok((rest, ""));
    }
    if let Some((address, length)) = rest.split_once('/')
        && address.parse::<IpAddr>().is_ok()
        && length.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(InvalidEntryKind::InvalidNetwork);
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        Some(_) | None => (rest, ""),
    };
    let has_path = port.contains('/') || (host.contains('/') && host.parse::<IpNet>().is_err());
    if has_path {
        return Err(InvalidEntryKind::Path);
    }
    if rest.contains('@') {
        return Err(InvalidEntryKind::UserInfo);
    }
    Ok((host, port))
}

/// Returns `None` for port 0 and for an empty range: both are valid, and no request matches.
fn ports(port: &str, scheme: &str) -> Result<Option<Ports>, InvalidEntryKind> {
    let number = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>()
            .ok()
            .filter(|_| is_number)
            .ok_or(InvalidEntryKind::InvalidPort)
    };
    let (first, end) = match port.split_once("..") {
        Some((first, end)) => (number(first)?, number(end)?),
        None if port == "*" => return Ok(Some(ANY_PORT)),
        None => {
            let port = if port.is_empty() {
                default_port(scheme).ok_or(InvalidEntryKind::MissingPort)?
            } else {
                number(port)?
            };
            return Ok((port != 0).then_some(Ports::Within(port..=port)));
        }
    };
    let last = end
        .checked_sub(1)
        .filter(|last| *last >= first && *last > 0);
    Ok(last.map(|last| Ports::Within(first..=last)))
}

fn default_port(scheme: &str) -> Option<u16> {
    let is_named = |name: &str| scheme.eq_ignore_ascii_case(name);
    let other = || OTHER_DEFAULT_PORTS.iter().find(|(name, _)| is_named(name));
    Scheme::named(scheme)
        .map(Scheme::default_port)
        .or_else(|| other().map(|(_, port)| *port))
}

/// The part of an entry between scheme and port.
enum HostPart {
    OwnApplication,
    Hosts(Hosts),
}

impl HostPart {
    fn parse(host: &str) -> Result<Self, InvalidEntryKind> {
        if host == "*" {
            return Ok(Self::Hosts(Hosts::Any));
        }
        if let Some(network) = network::parse(host) {
            return Ok(Self::Hosts(Hosts::Network(network)));
        }
        if host.contains('/') {
            // `split_port` has checked the prefix length.
            return Err(InvalidEntryKind::InvalidAuthority(
                ParseError::InvalidIpv4Address,
            ));
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return subdomains(domain).map(Self::Hosts);
        }
        match Host::parse(host).map_err(InvalidEntryKind::InvalidAuthority)? {
            Host::Domain(name)
                if name == OWN_APPLICATION || name == OWN_APPLICATION_ALTERNATIVE =>
            {
                Ok(Self::OwnApplication)
            }
            // Normalisation turns a fullwidth `*` into an ASCII one.
            Host::Domain(name) if name.contains('*') => Err(InvalidEntryKind::MisplacedWildcard),
            host @ (Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) => {
                Ok(Self::Hosts(Hosts::Exactly(host)))
            }
        }
    }
}

fn subdomains(domain: &str) -> Result<Hosts, InvalidEntryKind> {
    match Host::parse(domain).map_err(InvalidEntryKind::InvalidAuthority)? {
        Host::Domain(domain) if domain.contains('*') => Err(InvalidEntryKind::MisplacedWildcard),
        Host::Domain(domain) if domain == INTERNAL_DOMAIN => Ok(Hosts::Components),
        Host::Domain(domain) => Ok(Hosts::Subdomains(format!(".{domain}"))),
        Host::Ipv4(_) | Host::Ipv6(_) => Err(InvalidEntryKind::MisplacedWildcard),
    }
}
