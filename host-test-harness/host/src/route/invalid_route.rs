//! Why a route cannot be used.

use std::error::Error;
use std::fmt;

use super::PATH_MATCH_PREFIX;

/// A route that cannot be used, with the reason and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRoute {
    route: String,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    WildcardInside,
    NamedWildcard(String),
    NoName,
    Name(String),
    Repeated(String),
    NotInAPath(char),
}

impl InvalidRoute {
    pub(super) fn new(route: &str, reason: Reason) -> Self {
        Self {
            route: route.to_owned(),
            reason,
        }
    }

    /// The route as it was written.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }
}

impl fmt::Display for InvalidRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the route `{}` cannot be used: ",
            self.route.escape_debug()
        )?;
        match &self.reason {
            Reason::WildcardInside => f.write_str(
                "a wildcard stands at the end only; name the segment, as in `/:name/rest`",
            ),
            Reason::NamedWildcard(text) => {
                write!(f, "a wildcard has no name; write `...` instead of `{text}`")
            }
            Reason::NoName => f.write_str("`:` is without a name; write `:name`"),
            Reason::Name(name) => write!(
                f,
                "the name `{}` does not fit into the header `{PATH_MATCH_PREFIX}…`; \
                 use ASCII letters, digits, `_` and `-`",
                name.escape_debug()
            ),
            Reason::Repeated(name) => write!(
                f,
                "the name `{name}` occurs twice, and both would be the same header; rename one"
            ),
            Reason::NotInAPath(character) => write!(
                f,
                "no request's path contains {character:?}; remove it, or write it percent-encoded"
            ),
        }
    }
}

impl Error for InvalidRoute {}
