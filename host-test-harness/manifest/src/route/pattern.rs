//! A parsed route.

use std::fmt;

use http::HeaderName;

use super::RouteMatch;
use super::invalid_route::{InvalidRoute, Reason};
use super::segment::{Precedence, Segment};

/// A route: a path whose segments may be named (`:item`, also `:item.json`) and that may end with a wildcard
/// (`...` or `*`). `Display` is the route as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePattern {
    written: String,
    base: String,
    with_base: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

impl RoutePattern {
    /// Parses a route of an application without a base path.
    ///
    /// As in Spin, the slash at the start is optional and a slash at the end is ignored.
    ///
    /// # Errors
    ///
    /// [`InvalidRoute`] if the name of a segment is missing, not valid in a header, or used twice, if a wildcard is not
    /// at the end, or if the route contains a character that no path contains.
    pub fn parse(route: &str) -> Result<Self, InvalidRoute> {
        Self::parse_with_base("/", route)
    }

    /// [`RoutePattern::parse`] for a route below the base path of its application (manifest version 1).
    ///
    /// # Errors
    ///
    /// As for [`RoutePattern::parse`]. The base path is validated too.
    pub fn parse_with_base(base: &str, route: &str) -> Result<Self, InvalidRoute> {
        let invalid = |reason| InvalidRoute::new(route, reason);
        let base = absolute(base);
        let with_base = without_slash(&base).to_owned() + without_slash(&absolute(route));
        let mut texts: Vec<&str> = with_base
            .split('/')
            .filter(|text| !text.is_empty())
            .collect();
        let wildcard = matches!(texts.last(), Some(&("..." | "*")));
        if wildcard {
            texts.pop();
        }
        let segments: Vec<Segment> = texts
            .into_iter()
            .map(Segment::parse)
            .collect::<Result<_, _>>()
            .map_err(invalid)?;
        let pattern = Self {
            written: route.to_owned(),
            base,
            with_base,
            segments,
            wildcard,
        };
        match pattern.repeated_parameter() {
            Some(name) => Err(invalid(Reason::Repeated(name.to_owned()))),
            None => Ok(pattern),
        }
    }

    /// Returns the route `/...`, which matches every path. Spin uses it when one component calls another.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            written: "/...".to_owned(),
            base: "/".to_owned(),
            with_base: "/...".to_owned(),
            segments: Vec::new(),
            wildcard: true,
        }
    }

    /// The route as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The base path of the application. Defaults to `/`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The base path and the route, without a slash at the end. As in Spin, empty for `/`.
    #[must_use]
    pub fn with_base(&self) -> &str {
        &self.with_base
    }

    /// The route as it was written, without a trailing `/...`. As in Spin, a trailing `/*` is kept.
    #[must_use]
    pub fn without_wildcard(&self) -> &str {
        self.written.strip_suffix("/...").unwrap_or(&self.written)
    }

    /// Returns whether Spin itself responds to every request for this route: see [`super::WELL_KNOWN_PREFIX`].
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.with_base.starts_with(super::WELL_KNOWN_PREFIX)
    }

    /// The route without the names of its segments. It is equal for routes that match the same paths.
    pub(crate) fn shape(&self) -> String {
        let mut shape = String::new();
        for segment in &self.segments {
            shape.push('/');
            shape.push_str(&segment.shape());
        }
        if self.wildcard {
            shape.push_str("/...");
        }
        shape
    }

    /// Matches the path of a request with this route, whose target is `target`.
    #[must_use]
    pub fn match_path<'table, 'path, T>(
        &'table self,
        path: &'path str,
        target: &'table T,
    ) -> Option<RouteMatch<'table, 'path, T>> {
        let from_start = path.trim_start_matches('/');
        let trimmed = from_start.trim_end_matches('/');
        let mut parameters = Vec::new();
        let mut rest = Some(trimmed);
        for segment in &self.segments {
            let (text, after) = first_segment(rest?);
            segment.match_text(text, after.is_none(), &mut parameters)?;
            rest = after;
        }
        let path_info = if self.wildcard {
            let n_rest = rest.map_or(0, |rest| "/".len() + rest.len());
            let n_bytes = n_rest + (from_start.len() - trimmed.len());
            let start = path.len().checked_sub(n_bytes);
            start
                .and_then(|start| path.get(start..))
                .unwrap_or_default()
        } else if rest.is_none_or(str::is_empty) {
            ""
        } else {
            return None;
        };
        Some(RouteMatch {
            target,
            pattern: self,
            parameters,
            path_info,
        })
    }

    /// The sort key of the route. The more specific of two routes is less.
    pub(super) fn precedence(&self) -> Vec<Precedence> {
        self.segments
            .iter()
            .map(Segment::precedence)
            .chain(self.wildcard.then_some(Precedence::Wildcard))
            .collect()
    }

    /// The named segments, each with its header, in order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.segments.iter().flat_map(Segment::parameters)
    }

    fn repeated_parameter(&self) -> Option<&str> {
        self.parameters()
            .enumerate()
            .find(|(at, (header, _))| {
                self.parameters()
                    .take(*at)
                    .any(|(other, _)| other == *header)
            })
            .map(|(_, (_, name))| name)
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// The text before the first slash, and the text after it.
fn first_segment(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((segment, after)) => (segment, Some(after)),
        None => (path, None),
    }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
