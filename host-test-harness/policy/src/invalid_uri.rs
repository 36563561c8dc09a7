//! Invalid URIs.

use std::error::Error;
use std::fmt;

use crate::display::quoted;

/// A URI that cannot be requested, with the reason and a hint.
///
/// The message shows the URI as [`redacted`](crate::display::redacted) does: without user info, and shortened.
#[derive(Debug)]
pub struct InvalidUri {
    quoted: String,
    cause: Cause,
}

/// The reason of an [`InvalidUri`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvalidUriKind {
    /// The `http` crate or the WHATWG parser rejects it, or it contains a space, a quote or a control character.
    Malformed,
    /// It is neither an absolute URL with a URI host nor a path that starts with `/`.
    NotAbsolute,
    /// It is a request to the application itself, and no self origin is known.
    NoOrigin,
}

impl InvalidUriKind {
    /// A stable code for programs: words joined by `-`, such as `not-absolute`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotAbsolute => "not-absolute",
            Self::NoOrigin => "no-origin",
        }
    }
}

/// What exactly made a URI invalid.
#[derive(Debug)]
pub(crate) enum Cause {
    Character(char),
    HttpUri(http::uri::InvalidUri),
    Whatwg(url::ParseError),
    NotAbsolute,
    NoOrigin,
}

impl InvalidUri {
    pub(crate) fn new(uri: &str, cause: Cause) -> Self {
        Self {
            quoted: quoted(uri),
            cause,
        }
    }

    /// The reason.
    pub fn kind(&self) -> InvalidUriKind {
        match self.cause {
            Cause::Character(_) | Cause::HttpUri(_) | Cause::Whatwg(_) => InvalidUriKind::Malformed,
            Cause::NotAbsolute => InvalidUriKind::NotAbsolute,
            Cause::NoOrigin => InvalidUriKind::NoOrigin,
        }
    }
}

impl fmt::Display for InvalidUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { quoted, cause } = self;
        match self.kind() {
            InvalidUriKind::Malformed => write!(
                f,
                "{quoted} is not a valid URI: {cause}; use an absolute URL or a path that starts with `/`, \
                 percent-encode spaces, quotes and control characters, and write the URI host in ASCII",
            ),
            InvalidUriKind::NotAbsolute => write!(
                f,
                "{quoted} is not an absolute URL: {cause}; use a URL such as `https://api.test/path`, \
                 or a path that starts with `/`",
            ),
            InvalidUriKind::NoOrigin => write!(
                f,
                "{quoted} is a request to the application itself, and {cause}; \
                 set the application's origin (`--self-origin`), or request an absolute URL",
            ),
        }
    }
}

impl Error for InvalidUri {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::HttpUri(error) => Some(error),
            Cause::Whatwg(error) => Some(error),
            Cause::Character(_) | Cause::NotAbsolute | Cause::NoOrigin => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(character) => write!(f, "it contains {character:?}"),
            Self::HttpUri(error) => error.fmt(f),
            Self::Whatwg(error) => error.fmt(f),
            Self::NotAbsolute => f.write_str("it has no scheme or no URI host"),
            Self::NoOrigin => f.write_str("the application's origin is not known"),
        }
    }
}
