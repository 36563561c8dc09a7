//! The page: files that are built from `page/` and checked in, since the command is compiled without Node.

/// A file of the page.
pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// The file of this path below that of the page, whose own is empty.
pub(crate) fn asset(path: &str) -> Option<Asset> {
    let (content_type, bytes): (_, &[u8]) = match path {
        "" => (
            "text/html; charset=utf-8",
            include_bytes!("../page/built/index.html"),
        ),
        "page.js" => (
            "text/javascript; charset=utf-8",
            include_bytes!("../page/built/page.js"),
        ),
        "policy.js" => (
            "text/javascript; charset=utf-8",
            include_bytes!("../page/built/policy.js"),
        ),
        "wasm/outbound_policy_bg.wasm" => (
            "application/wasm",
            include_bytes!("../page/built/wasm/outbound_policy_bg.wasm"),
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
