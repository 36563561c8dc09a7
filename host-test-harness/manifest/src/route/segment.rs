//! One segment of a route.

use http::HeaderName;

use super::PATH_MATCH_PREFIX;
use super::invalid_route::Reason;

/// The text between two slashes: one part, or several parts separated by dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Parameter { name: String, header: HeaderName },
}

/// The sort key of a segment. A more specific segment is less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Literal,
    /// More parts take precedence over fewer, because each list ends with [`PartPrecedence::End`].
    Parts(Vec<PartPrecedence>),
    Parameter,
    Wildcard,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PartPrecedence {
    Literal,
    Parameter,
    End,
}

impl Segment {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
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
            Ok(Self(vec![Part::Literal(text.to_owned())]))
        }
    }

    /// Returns `None` if `text` does not match, otherwise adds its values to `parameters`.
    pub(super) fn match_text<'table, 'path>(
        &'table self,
        text: &'path str,
        is_last: bool,
        parameters: &mut Vec<(&'table str, &'path str)>,
    ) -> Option<()> {
        let mut values = text.splitn(self.0.len(), '.').peekable();
        for part in &self.0 {
            let value = values.next()?;
            match part {
                Part::Literal(expected) if expected == value => {}
                Part::Literal(_) => return None,
                // As in Spin, a value may be empty, but not at the end of the path.
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

    /// The parameters, each with its header, in order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Parameter { name, header } => Some((header, name.as_str())),
        })
    }

    /// The segment without the names of its parameters.
    pub(super) fn shape(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => text,
            Part::Parameter { .. } => ":",
        });
        parts.collect::<Vec<_>>().join(".")
    }

    pub(super) fn precedence(&self) -> Precedence {
        match self.0.as_slice() {
            [Part::Literal(_)] => Precedence::Literal,
            [Part::Parameter { .. }] => Precedence::Parameter,
            parts => Precedence::Parts(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Literal(_) => PartPrecedence::Literal,
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
            return Ok(Self::Literal(text.to_owned()));
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
            // The characters are valid, so the name is too long.
            Err(_) => Err(Reason::Name(name.to_owned())),
        }
    }
}
