//! Expands the `{{ variables }}` of an entry.

use crate::invalid_entry::InvalidEntryKind;

/// Replaces each `{{ name }}` of `entry` by the variable's value, and returns `None` if `entry` has no variable.
///
/// Braces in a value are not expanded again.
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
