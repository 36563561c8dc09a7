//! Texts with variables in them: `https://{{ api_host }}/v1`.

use std::error::Error;
use std::fmt;

/// Replaces each `{{ name }}` of `template` by what `value` has for the name.
///
/// White space around the name does not count. As in Spin, nothing escapes `{{`, and a `}}`
/// without one is text.
///
/// # Errors
///
/// [`TemplateError`] if a `{{` is not closed, or `value` has nothing for a name.
pub(super) fn expand<'value>(
    template: &str,
    value: impl Fn(&str) -> Option<&'value str>,
) -> Result<String, TemplateError> {
    let mut expanded = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or(TemplateError::Unclosed)?;
        let name = name.trim();
        let value = value(name).ok_or_else(|| TemplateError::Undefined(name.to_owned()))?;
        expanded.push_str(text);
        expanded.push_str(value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Why a text with variables in it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// A `{{` has no `}}`.
    Unclosed,
    /// No variable has this name.
    Undefined(String),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed => f.write_str("a `{{` has no `}}`; write `{{ name }}`"),
            Self::Undefined(name) => write!(
                f,
                "there is no variable `{0}`; define it under `[variables]`, or correct the name in `{{{{ {0} }}}}`",
                name.escape_debug()
            ),
        }
    }
}

impl Error for TemplateError {}
