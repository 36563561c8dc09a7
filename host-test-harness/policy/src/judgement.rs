//! What one rule says about a target.

use std::fmt;

/// What one rule says about a target: it permits it, or by how much it misses it.
/// Prints as what the entry does: "names other URI hosts".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// The rule permits the target.
    Permits,
    /// The rule names scheme and URI host, with other ports.
    OtherPort,
    /// The rule names the URI host, for the other of http and https.
    OtherScheme,
    /// The rule names the subdomains of the URI host, and not the URI host itself.
    SubdomainsOnly,
    /// The rule names other URI hosts.
    OtherHost,
    /// The target is the application itself, and the rule names others.
    NotOwnApplication,
    /// The rule names the application itself only.
    OwnApplicationOnly,
    /// The scheme of the target is neither http nor https, which no rule permits.
    SchemeNotHttp,
    /// The rule permits nothing at all.
    PermitsNothing,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permits => "permits this request",
            Self::OtherPort => "names this URI host with other ports",
            Self::OtherScheme => "names this URI host for another scheme",
            Self::SubdomainsOnly => "names the subdomains only, and not this URI host itself",
            Self::OtherHost => "names other URI hosts",
            Self::NotOwnApplication => "does not name the application itself",
            Self::OwnApplicationOnly => "names the application itself only",
            Self::SchemeNotHttp => "permits no scheme but http and https",
            Self::PermitsNothing => "permits nothing",
        })
    }
}
