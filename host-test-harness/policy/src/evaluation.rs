//! The result of evaluating a target against one rule.

use std::fmt;

/// Whether one rule permits a target, and if not, which part does not match.
/// `Display` completes a sentence about the entry: "names other URI hosts".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evaluation {
    /// The rule permits the target.
    Permits,
    /// The rule names the scheme and the URI host, with other ports.
    OtherPort,
    /// The rule names the URI host, for the other of http and https.
    OtherScheme,
    /// The rule names the subdomains of the URI host, and not the URI host itself.
    SubdomainsOnly,
    /// The rule names other URI hosts.
    OtherHost,
    /// The target is the application itself, and the rule does not permit that.
    NotOwnApplication,
    /// The rule permits requests to the application itself only.
    OwnApplicationOnly,
    /// The scheme of the target is neither http nor https; no rule permits it.
    SchemeNotHttp,
    /// The rule permits nothing.
    PermitsNothing,
}

impl Evaluation {
    /// A stable code for programs: words joined by `-`, such as `other-port`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Permits => "permits",
            Self::OtherPort => "other-port",
            Self::OtherScheme => "other-scheme",
            Self::SubdomainsOnly => "subdomains-only",
            Self::OtherHost => "other-host",
            Self::NotOwnApplication => "not-own-application",
            Self::OwnApplicationOnly => "own-application-only",
            Self::SchemeNotHttp => "scheme-not-http",
            Self::PermitsNothing => "permits-nothing",
        }
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permits => "permits this request",
            Self::OtherPort => "names this URI host with other ports",
            Self::OtherScheme => "names this URI host for another scheme",
            Self::SubdomainsOnly => "names only subdomains of this URI host",
            Self::OtherHost => "names other URI hosts",
            Self::NotOwnApplication => "does not permit requests to the application itself",
            Self::OwnApplicationOnly => "permits only requests to the application itself",
            Self::SchemeNotHttp => "permits only http and https",
            Self::PermitsNothing => "permits nothing",
        })
    }
}
