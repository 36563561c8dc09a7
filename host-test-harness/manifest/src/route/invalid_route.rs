//! Invalid routes.

use super::PATH_MATCH_PREFIX;

/// A route that is not valid, with the reason and a hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid route `{}`: {reason}", route.escape_debug())]
pub struct InvalidRoute {
    route: String,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("a wildcard is supported only at the end; use a named segment, such as `/:name/rest`")]
    WildcardInside,
    #[error("a wildcard has no name; use `...` instead of `{0}`")]
    NamedWildcard(String),
    #[error("`:` has no name; use `:name`")]
    NoName,
    #[error(
        "the name `{}` is not valid in the header `{PATH_MATCH_PREFIX}…`; use ASCII letters, digits, `_` and `-`",
        .0.escape_debug()
    )]
    Name(String),
    #[error("the name `{0}` is used twice, and both would set the same header; rename one of them")]
    Repeated(String),
    #[error("a path never contains {0:?}; remove or percent-encode it")]
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
