//! A route as the manifest writes it, parsed once.

use std::fmt;

use http::HeaderName;

use super::invalid_route::{InvalidRoute, Reason};
use super::{PATH_MATCH_PREFIX, RouteMatch};

/// A route: a path whose segments may be names (`:item`, also `:item.json`) and whose last one may
/// be a wildcard (`...` or `*`). Prints as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePattern {
    written: String,
    base: String,
    with_base: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

/// What stands between two slashes: one part, or several with a dot between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Parameter { name: String, header: HeaderName },
}

/// Sorts segments: what is more specific is less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Text,
    /// For each part whether it is a name, then `None`: more parts go before fewer.
    Parts(Vec<PartPrecedence>),
    Parameter,
    Wildcard,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PartPrecedence {
    Text,
    Parameter,
    End,
}

impl RoutePattern {
    /// Parses a route of an application without a base path.
    ///
    /// A missing slash at the start is added and one at the end ignored, as in Spin.
    ///
    /// # Errors
    ///
    /// [`InvalidRoute`] if a segment has no name or one that a header cannot carry, a name is given
    /// twice, a wildcard is not at the end, or no path can match.
    pub fn parse(route: &str) -> Result<Self, InvalidRoute> {
        Self::parse_with_base("/", route)
    }

    /// [`RoutePattern::parse`] for a route below the base path of its application (manifest version 1).
    ///
    /// # Errors
    ///
    /// As for [`RoutePattern::parse`], for the base path too.
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

    /// The route `/...`, which matches every path: how Spin calls one component from another.
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

    /// The application's base path; `/` where it has none.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The base path and the route, without a slash at the end; empty for `/`, as in Spin.
    #[must_use]
    pub fn with_base(&self) -> &str {
        &self.with_base
    }

    /// The route as it was written, without a trailing `/...`; a trailing `/*` stays, as in Spin.
    #[must_use]
    pub fn without_wildcard(&self) -> &str {
        self.written.strip_suffix("/...").unwrap_or(&self.written)
    }

    /// Whether Spin answers every request for this route itself: see [`super::WELL_KNOWN_PREFIX`].
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.with_base.starts_with(super::WELL_KNOWN_PREFIX)
    }

    /// Whether both routes match the same paths, whatever their segments are called.
    #[must_use]
    pub fn matches_the_same(&self, other: &Self) -> bool {
        self.shape() == other.shape()
    }

    /// The same for routes that match the same paths: the route without the names of its segments.
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

    /// The match of a request's path with this route, if there is one; `target` is what answers it.
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

    /// A key that sorts routes so that the first that matches is the most specific.
    pub(super) fn precedence(&self) -> Vec<Precedence> {
        self.segments
            .iter()
            .map(Segment::precedence)
            .chain(self.wildcard.then_some(Precedence::Wildcard))
            .collect()
    }

    /// The named segments, each with its header, in order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.segments
            .iter()
            .flat_map(|segment| &segment.0)
            .filter_map(|part| match part {
                Part::Text(_) => None,
                Part::Parameter { name, header } => Some((header, name.as_str())),
            })
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

impl Segment {
    fn parse(text: &str) -> Result<Self, Reason> {
        if matches!(text, "..." | "*") {
            return Err(Reason::WildcardInside);
        }
        if text.starts_with('*') {
            return Err(Reason::NamedWildcard(text.to_owned()));
        }
        if let Some(character) = text.chars().find(|c| matches!(c, '?' | '#')) {
            return Err(Reason::NotInAPath(character));
        }
        if let Some(character) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(Reason::NotInAPath(character));
        }
        if text.split('.').any(|part| part.starts_with(':')) {
            text.split('.')
                .map(Part::parse)
                .collect::<Result<_, _>>()
                .map(Self)
        } else {
            Ok(Self(vec![Part::Text(text.to_owned())]))
        }
    }

    /// `None` if `text` does not match; else its values are added to `parameters`.
    fn match_text<'table, 'path>(
        &'table self,
        text: &'path str,
        is_last: bool,
        parameters: &mut Vec<(&'table str, &'path str)>,
    ) -> Option<()> {
        let mut values = text.splitn(self.0.len(), '.').peekable();
        for part in &self.0 {
            let value = values.next()?;
            match part {
                Part::Text(expected) if expected == value => {}
                Part::Text(_) => return None,
                // As in Spin, it may be empty where more of the path follows.
                Part::Parameter { .. }
                    if value.is_empty() && is_last && values.peek().is_none() =>
                {
                    return None;
                }
                Part::Parameter { name, .. } => parameters.push((name, value)),
            }
        }
        Some(())
    }

    fn shape(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Parameter { .. } => ":",
        });
        parts.collect::<Vec<_>>().join(".")
    }

    fn precedence(&self) -> Precedence {
        match self.0.as_slice() {
            [Part::Text(_)] => Precedence::Text,
            [Part::Parameter { .. }] => Precedence::Parameter,
            parts => Precedence::Parts(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(_) => PartPrecedence::Text,
                        Part::Parameter { .. } => PartPrecedence::Parameter,
                    })
                    .chain([PartPrecedence::End])
                    .collect(),
            ),
        }
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, Reason> {
        let Some(name) = text.strip_prefix(':') else {
            return Ok(Self::Text(text.to_owned()));
        };
        if name.is_empty() {
            return Err(Reason::NoName);
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !name.chars().all(is_plain) {
            return Err(Reason::Name(name.to_owned()));
        }
        let header = format!("{PATH_MATCH_PREFIX}{name}").replace('_', "-");
        match HeaderName::try_from(header) {
            Ok(header) => Ok(Self::Parameter {
                name: name.to_owned(),
                header,
            }),
            // Only one that is too long for a header.
            Err(_) => Err(Reason::Name(name.to_owned())),
        }
    }
}

/// The text before the first slash, and what is after it.
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
