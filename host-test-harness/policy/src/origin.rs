//! Scheme, URI host and port: the part of a URL that the allow-list evaluates.

use std::error::Error;
use std::fmt;

use url::{Host, Url};

use crate::absolute_url;
use crate::display::quoted;
use crate::invalid_uri::{Cause, InvalidUri};

/// Scheme, URI host and port, with the port made explicit.
///
/// The URI host is normalised as in the WHATWG URL standard: lower case, `xn--` labels, IPv4 in four decimal parts.
/// `Display` is `http://api.test:8080`, and `http://api.test` for the default port.
///
/// ```
/// use outbound_policy::{Origin, Scheme};
///
/// let origin = Origin::parse("https://API.test:443/")?;
/// assert_eq!((origin.scheme(), origin.port()), (Scheme::Https, 443));
/// assert_eq!(origin.to_string(), "https://api.test");
/// # Ok::<(), outbound_policy::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

/// The schemes of outbound HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`, with default port 80.
    Http,
    /// `https`, with default port 443.
    Https,
}

/// Text that is not the origin of an http or https server.
#[derive(Debug)]
pub struct InvalidOrigin {
    quoted: String,
    cause: Option<InvalidUri>,
}

impl Origin {
    /// Parses an origin such as `http://host` or `https://host:port`; one trailing `/` is accepted.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigin`] if `text` is not an absolute http or https URL,
    /// or has user info, a path, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = |cause: Option<Cause>| InvalidOrigin {
            quoted: quoted(text),
            cause: cause.map(|cause| InvalidUri::new(text, cause)),
        };
        let url = absolute_url::parse(text).map_err(|cause| invalid(Some(cause)))?;
        match Self::of(&url) {
            Some(origin) if url.as_str() == format!("{origin}/") => Ok(origin),
            Some(_) | None => Err(invalid(None)),
        }
    }

    /// The origin of `url`; `None` for a scheme other than http and https.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: Scheme::of(url)?,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The URI host, normalised.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port. It is explicit even if it is the default port of the scheme.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Scheme {
    /// Both schemes.
    pub(crate) const BOTH: [Self; 2] = [Self::Http, Self::Https];

    fn of(url: &Url) -> Option<Self> {
        Self::named(url.scheme())
    }

    /// The scheme of this name, in upper or lower case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::BOTH
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))
    }

    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not an origin; use only scheme, URI host and port, such as `http://127.0.0.1:3000`",
            self.quoted
        )
    }
}

impl Error for InvalidOrigin {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause
            .as_ref()
            .map(|cause| cause as &(dyn Error + 'static))
    }
}
