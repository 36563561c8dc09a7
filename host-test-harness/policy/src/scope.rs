//! The requests that an entry permits, independent of the list that it belongs to.

use std::fmt;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use url::Host;

use crate::evaluation::Evaluation;
use crate::origin::{Origin, Scheme};
use crate::own_application::{INTERNAL_DOMAIN, component_of};
use crate::target::Target;

/// The requests that an entry permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// No request.
    Nothing(NoEffect),
    /// Requests to the application itself.
    OwnApplication {
        /// Whether the entry has a port, which does not restrict.
        has_port: bool,
    },
    /// Requests to `hosts`, for each of `schemes`, at `ports`.
    Hosts {
        schemes: Schemes,
        hosts: Hosts,
        ports: Ports,
    },
}

/// Why a valid entry permits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoEffect {
    /// The scheme is neither http nor https, for example redis or postgres.
    OtherScheme,
    /// The entry is empty because its variables are empty.
    EmptyVariables,
    /// The port is 0, or the range of ports is empty.
    NoPort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schemes {
    HttpAndHttps,
    Only(Scheme),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Every URI host, and the application itself.
    Any,
    /// Every URI host with this suffix, which starts with a dot.
    Subdomains(String),
    /// Every component of the application: `<component>.spin.internal`.
    Components,
    /// This URI host.
    Exactly(Host<String>),
    /// Every address of this network in a URL; names are not resolved.
    Network(IpNet),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    /// The default port of the request's scheme.
    DefaultOfScheme,
    /// These ports.
    Within(RangeInclusive<u16>),
}

/// Every port.
pub(crate) const ANY_PORT: Ports = Ports::Within(0..=u16::MAX);

/// Every http and https request, and every request to the application itself.
pub(crate) const EVERYTHING: Scope = Scope::Hosts {
    schemes: Schemes::HttpAndHttps,
    hosts: Hosts::Any,
    ports: ANY_PORT,
};

impl Scope {
    /// Returns whether `target` is permitted, and if not, which part does not match.
    pub(crate) fn evaluate(&self, target: &Target) -> Evaluation {
        let Some(origin) = target.origin() else {
            return Evaluation::SchemeNotHttp;
        };
        match self {
            Self::Nothing(_) => Evaluation::PermitsNothing,
            Self::OwnApplication { .. } if target.is_self() => Evaluation::Permits,
            Self::OwnApplication { .. } => Evaluation::OwnApplicationOnly,
            Self::Hosts { hosts, .. } if target.is_self() => match hosts {
                Hosts::Any => Evaluation::Permits,
                Hosts::Subdomains(_)
                | Hosts::Components
                | Hosts::Exactly(_)
                | Hosts::Network(_) => Evaluation::NotOwnApplication,
            },
            Self::Hosts { hosts, .. } if !hosts.contain(origin.host()) => {
                if hosts.are_subdomains_of(origin.host()) {
                    Evaluation::SubdomainsOnly
                } else {
                    Evaluation::OtherHost
                }
            }
            Self::Hosts { schemes, .. } if !schemes.contain(origin.scheme()) => {
                Evaluation::OtherScheme
            }
            Self::Hosts { ports, .. } if !ports.contain(origin) => Evaluation::OtherPort,
            Self::Hosts { .. } => Evaluation::Permits,
        }
    }

    /// Returns whether every http and https request is permitted.
    pub(crate) fn is_everything(&self) -> bool {
        self == &EVERYTHING
    }
}

impl Schemes {
    pub(crate) fn contain(self, scheme: Scheme) -> bool {
        match self {
            Self::HttpAndHttps => true,
            Self::Only(only) => only == scheme,
        }
    }
}

impl Hosts {
    pub(crate) fn contain(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomains(suffix), Host::Domain(name)) => name.ends_with(suffix),
            (Self::Components, host) => component_of(host).is_some(),
            (Self::Exactly(only), host) => only == host,
            (Self::Network(network), Host::Ipv4(address)) => {
                network.contains(&IpNet::from(std::net::IpAddr::from(*address)))
            }
            (Self::Network(network), Host::Ipv6(address)) => {
                network.contains(&IpNet::from(std::net::IpAddr::from(*address)))
            }
            (Self::Subdomains(_), Host::Ipv4(_) | Host::Ipv6(_))
            | (Self::Network(_), Host::Domain(_)) => false,
        }
    }

    /// Returns whether `host` is the domain whose subdomains these are.
    fn are_subdomains_of(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Subdomains(suffix), Host::Domain(name)) => {
                suffix.strip_prefix('.') == Some(name.as_str())
            }
            (
                Self::Subdomains(_)
                | Self::Any
                | Self::Components
                | Self::Exactly(_)
                | Self::Network(_),
                _,
            ) => false,
        }
    }
}

impl Ports {
    pub(crate) fn of(&self, scheme: Scheme) -> RangeInclusive<u16> {
        match self {
            Self::DefaultOfScheme => scheme.default_port()..=scheme.default_port(),
            Self::Within(ports) => ports.clone(),
        }
    }

    fn contain(&self, origin: &Origin) -> bool {
        self.of(origin.scheme()).contains(&origin.port())
    }
}

/// Completes the sentence "`entry` permits …".
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing(reason) => write!(f, "nothing: {reason}"),
            Self::OwnApplication { .. } => f.write_str(
                "requests to the application itself (`/path`, `http://self/path` and `https://self/path`)",
            ),
            Self::Hosts {
                schemes,
                hosts,
                ports,
            } => {
                write!(f, "{schemes} requests to {hosts} on {ports}")?;
                match hosts {
                    Hosts::Any => f.write_str(", and requests to the application itself"),
                    Hosts::Subdomains(_) | Hosts::Components | Hosts::Exactly(_) | Hosts::Network(_) => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for NoEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherScheme => "only http and https requests are supported here",
            Self::EmptyVariables => "its variables are empty",
            Self::NoPort => "its port is 0 or its range of ports is empty",
        })
    }
}

impl fmt::Display for Schemes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HttpAndHttps => f.write_str("http and https"),
            Self::Only(scheme) => scheme.fmt(f),
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("every URI host"),
            Self::Subdomains(suffix) => write!(
                f,
                "every subdomain of {}",
                suffix.strip_prefix('.').unwrap_or(suffix)
            ),
            Self::Components => write!(
                f,
                "every component of the application (`<component>.{INTERNAL_DOMAIN}`)"
            ),
            Self::Exactly(host) => host.fmt(f),
            Self::Network(network) => {
                write!(f, "URLs with an address in {}", network.trunc())
            }
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DefaultOfScheme => f.write_str("the default port (80 for http, 443 for https)"),
            ports if ports == &ANY_PORT => f.write_str("any port"),
            Self::Within(ports) if ports.start() == ports.end() => {
                write!(f, "port {}", ports.start())
            }
            Self::Within(ports) => write!(f, "ports {} to {}", ports.start(), ports.end()),
        }
    }
}
