//! Text from a file or a guest, made safe to print.

/// Replaces every control character by U+FFFD, so that the text cannot drive a terminal or start a new line.
#[doc(hidden)]
#[must_use]
pub fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control(), "\u{fffd}")
}
