//! What a body is, by its own bytes: nothing that a guest or an upstream says of it decides how it is served.

use bytes::Bytes;
use serde::Serialize;

/// The kinds of bodies that the page shows in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Empty,
    Text,
    Image,
    Binary,
}

/// The images that browsers show, by their first bytes. SVG is text here, since it can have scripts.
const IMAGES: [(&[u8], &str); 4] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// The kind of a body, and the type that it is served with.
pub(crate) fn sniff(bytes: &Bytes) -> (Kind, &'static str) {
    if let Some((_, name)) = IMAGES.iter().find(|(start, _)| bytes.starts_with(start)) {
        return (Kind::Image, name);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return (Kind::Image, "image/webp");
    }
    if bytes.is_empty() {
        return (Kind::Empty, "text/plain; charset=utf-8");
    }
    if is_text(bytes) {
        (Kind::Text, "text/plain; charset=utf-8")
    } else {
        (Kind::Binary, "application/octet-stream")
    }
}

/// Whether the bytes are UTF-8, of which the last character may be cut.
fn is_text(bytes: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !bytes.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_its_bytes_are() {
        let rows: [(&[u8], Kind, &str); 9] = [
            (b"", Kind::Empty, "text/plain; charset=utf-8"),
            (
                b"<script>alert(1)</script>",
                Kind::Text,
                "text/plain; charset=utf-8",
            ),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                Kind::Text,
                "text/plain; charset=utf-8",
            ),
            (
                "cut caf\u{e9}".as_bytes().split_last().unwrap().1,
                Kind::Text,
                "text/plain; charset=utf-8",
            ),
            (b"caf\xe9!", Kind::Binary, "application/octet-stream"),
            (b"a\0b", Kind::Binary, "application/octet-stream"),
            (b"\x89PNG\r\n\x1a\n...", Kind::Image, "image/png"),
            (b"RIFF....WEBPVP8 ", Kind::Image, "image/webp"),
            (
                b"RIFF....WAVE\xff",
                Kind::Binary,
                "application/octet-stream",
            ),
        ];
        for (bytes, kind, name) in rows {
            let bytes = Bytes::copy_from_slice(bytes);
            assert_eq!(sniff(&bytes), (kind, name), "{bytes:?}");
        }
    }
}
