//! How a text that somebody else wrote appears in a message.

/// Longer texts are cut, so that a guest cannot flood the log.
const MAX_QUOTED_CHARS: usize = 120;

/// `text` in backticks, [`redacted`].
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", redacted(text))
}

/// A URI that somebody else wrote, as it may be shown and logged: on one line, without user info,
/// and at most 120 characters of it.
///
/// Whatever stands before the last `@` is left out, even where it may not be user info:
/// in a URI that no parser accepts, a password can stand anywhere.
///
/// ```
/// let shown = outbound_policy::redacted("http://user:secret@api.test/a b\r\n");
/// assert_eq!(shown, r"http://…@api.test/a b\r\n");
/// ```
#[must_use]
pub fn redacted(text: &str) -> String {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let shown = match text.rsplit_once('@') {
        Some((before, after)) if !is_path => match before.split_once("//") {
            Some((scheme, _)) => format!("{scheme}//…@{after}"),
            None => format!("…@{after}"),
        },
        _ => text.to_owned(),
    };
    let mut line: String = shown
        .chars()
        .take(MAX_QUOTED_CHARS)
        .map(printable)
        .collect();
    if shown.chars().nth(MAX_QUOTED_CHARS).is_some() {
        line.push('…');
    }
    line
}

/// `text` as one word of a command line. A guest chooses it, and a user may paste it into a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || ".-_:/".contains(character);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Control and other invisible characters as an escape; quotes and backslashes as they are.
fn printable(character: char) -> String {
    if matches!(character, '"' | '\'' | '\\') {
        character.to_string()
    } else {
        character.escape_debug().to_string()
    }
}
