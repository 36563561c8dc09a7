//! Access to the page: a request needs the token, and comes from the page's own origin.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq as _;

/// The size of a token, in bytes.
const TOKEN_BYTES: usize = 24;

/// The name of the cookie.
const COOKIE_NAME: &str = "spin-harness-traffic";

/// The token of a page, and the path under which it is.
///
/// Browsers send a cookie to every port of a host, so the application itself would get it. Its path is random, too, so
/// that only the page sends it.
pub(super) struct Access {
    port: u16,
    token: String,
    path: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Access").finish_non_exhaustive()
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its host is a name that somebody else may have pointed here.
    Host,
    /// A page of another origin sent it.
    Origin,
    /// Its token is missing or wrong.
    Token,
}

impl Refused {
    /// What the browser shows.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Host => "This host name is not the one of the traffic page.\n",
            Self::Origin => "Only the traffic page itself may send this request.\n",
            Self::Token => {
                "The token is missing or not valid. Open the address that `spin-harness up --inspect` printed.\n"
            }
        }
    }
}

impl Access {
    pub(super) fn new(port: u16) -> Result<Self, getrandom::Error> {
        Ok(Self {
            port,
            token: random()?,
            path: format!("/traffic-{}/", random()?),
        })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Where the page is, with a slash at its end.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Checks that a request is for this host and, if a page sent it, that it was this one.
    pub(super) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refused::Host);
        };
        let port = self.port;
        let names = ["127.0.0.1", "[::1]", "localhost"].map(|name| format!("{name}:{port}"));
        if !names.iter().any(|name| host == name) {
            return Err(Refused::Host);
        }
        for origin in headers.get_all(ORIGIN) {
            let own = origin.as_bytes().strip_prefix(b"http://");
            if own != Some(host.as_bytes()) {
                return Err(Refused::Origin);
            }
        }
        Ok(())
    }

    /// Checks the token of an address.
    pub(super) fn check_token(&self, token: &str) -> Result<(), Refused> {
        if token.as_bytes().ct_eq(self.token.as_bytes()).into() {
            Ok(())
        } else {
            Err(Refused::Token)
        }
    }

    /// Checks the token of the cookie.
    pub(super) fn check_cookie(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok());
        let mut tokens = cookies
            .flat_map(|cookie| cookie.split(';'))
            .filter_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                (name == COOKIE_NAME).then_some(value)
            });
        tokens
            .next()
            .ok_or(Refused::Token)
            .and_then(|token| self.check_token(token))
    }

    /// The value of `set-cookie` for a browser that had the token.
    pub(super) fn cookie(&self) -> HeaderValue {
        let (token, path) = (&self.token, &self.path);
        let cookie = format!("{COOKIE_NAME}={token}; Path={path}; HttpOnly; SameSite=Strict");
        HeaderValue::try_from(cookie).expect("a cookie of letters and digits")
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
