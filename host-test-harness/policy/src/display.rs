//! Untrusted text in messages: control characters, user info and excess length are removed.
//!
//! A guest, an upstream or the author of a file chooses such text, and it ends on a terminal or in a log.

/// The characters that [`str::escape_debug`] escapes and that are harmless in a message.
const HARMLESS: [char; 3] = ['"', '\'', '\\'];

/// [`redacted`] shows at most this many characters, so that a guest cannot flood the log.
const MAX_REDACTED_CHARS: usize = 120;

/// Replaces control characters and other invisible characters of `text` by escapes such as `\n` and `\u{1b}`.
///
/// The result is one line without terminal escape sequences and without text that runs from right to left by
/// an invisible override. Quotes and backslashes are kept, so text that was escaped before is not escaped twice.
///
/// ```
/// use outbound_policy::display::printable;
///
/// assert_eq!(printable("a \"name\"\r\n\u{1b}[31m"), r#"a "name"\r\n\u{1b}[31m"#);
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for piece in text.split_inclusive(HARMLESS) {
        let (escaped, harmless) = match piece.char_indices().next_back() {
            Some((at, character)) if HARMLESS.contains(&character) => piece.split_at(at),
            Some(_) | None => (piece, ""),
        };
        line.extend(escaped.escape_debug());
        line.push_str(harmless);
    }
    line
}

/// Shortens an untrusted URI for a message: [`printable`], without user info, at most 120 characters.
///
/// Everything before the last `@` is removed, even where it may not be user info:
/// in a URI that no parser accepts, a password can be anywhere.
///
/// ```
/// let shown = outbound_policy::display::redacted("http://user:secret@api.test/a b\r\n");
/// assert_eq!(shown, r"http://…@api.test/a b\r\n");
/// ```
#[must_use]
pub fn redacted(text: &str) -> String {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let without_user_info = match text.rsplit_once('@') {
        Some((before, after)) if !is_path => match before.split_once("//") {
            Some((scheme, _)) => format!("{scheme}//…@{after}"),
            None => format!("…@{after}"),
        },
        _ => text.to_owned(),
    };
    match without_user_info.char_indices().nth(MAX_REDACTED_CHARS) {
        Some((end, _)) => printable(without_user_info.split_at(end).0) + "…",
        None => printable(&without_user_info),
    }
}

/// `text` in backticks, [`redacted`].
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", redacted(text))
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
