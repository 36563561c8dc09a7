//! The page: files that are built from `page/` and checked in, since the command is compiled without Node.

/// A file of the page.
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// The file of this name; the page itself has none.
pub(crate) fn asset(name: &str) -> Option<Asset> {
    let (content_type, bytes): (_, &[u8]) = match name {
        "" => (
            "text/html; charset=utf-8",
            include_bytes!("../page/built/index.html"),
        ),
        "page.js" => (
            "text/javascript; charset=utf-8",
            include_bytes!("../page/built/page.js"),
        ),
        "page.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../page/built/page.css"),
        ),
        _ => return None,
    };
    Some(Asset {
        content_type,
        bytes,
    })
}
