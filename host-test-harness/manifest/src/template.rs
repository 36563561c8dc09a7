//! Strings with variables, such as `https://{{ api_host }}/v1`.

/// Replaces each `{{ name }}` of `template` by the result of `value` for the name.
///
/// White space around the name is ignored. As in Spin, `{{` cannot be escaped, and a `}}` without `{{` is kept.
pub(crate) fn expand<'value>(
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

/// A string whose variables cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A `{{` has no `}}`.
    #[error("a `{{{{` has no `}}}}`; use `{{{{ name }}}}`")]
    Unclosed,
    /// The application has no variable of this name.
    #[error(
        "unknown variable `{name}`; define it in `[variables]`, or correct the name in `{{{{ {name} }}}}`",
        name = .0.escape_debug()
    )]
    Undefined(String),
}
