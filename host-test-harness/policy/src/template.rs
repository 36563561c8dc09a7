//! The `{{ variables }}` of an entry.

use crate::invalid_entry::InvalidEntryKind;

/// Replaces each `{{ name }}` of `entry` by the variable's value, once; `None` if `entry` has none.
///
/// A value is text, whatever braces it holds.
pub(crate) fn expand(
    entry: &str,
    variables: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, InvalidEntryKind> {
    if !entry.contains("{{") {
        return Ok(None);
    }
    let mut expanded = String::new();
    let mut rest = entry;
    while let Some((literal, expression)) = rest.split_once("{{") {
        let (name, after) = expression
            .split_once("}}")
            .ok_or(InvalidEntryKind::UnclosedVariable)?;
        let name = name.trim();
        let value =
            variables(name).ok_or_else(|| InvalidEntryKind::UnknownVariable(name.to_owned()))?;
        expanded.push_str(literal);
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(Some(expanded))
}
