//! HAR's own lists of cookies, which repeat the fields `cookie` and `set-cookie`.

use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};

use super::document::Cookie;
use crate::headers::value_to_text;
use crate::recording::{REDACTED, Redaction};

/// The cookies that a request sends (RFC 6265 section 4.2).
pub(super) fn sent(headers: &HeaderMap, redaction: &Redaction) -> Vec<Cookie> {
    let hides = redaction.hides(&COOKIE);
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| {
            value_to_text(value)
                .split(';')
                .map(str::trim)
                .filter(|pair| !pair.is_empty())
                .map(|pair| named(pair, hides))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The cookies that a response sets (RFC 6265 section 4.1).
pub(super) fn set(headers: &HeaderMap, redaction: &Redaction) -> Vec<Cookie> {
    let hides = redaction.hides(&SET_COOKIE);
    headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|value| {
            let text = value_to_text(value);
            let mut parts = text.split(';').map(str::trim);
            let mut cookie = named(parts.next().unwrap_or_default(), hides);
            cookie.http_only = Some(false);
            cookie.secure = Some(false);
            for part in parts {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                match name.to_ascii_lowercase().as_str() {
                    "path" => cookie.path = Some(value.to_owned()),
                    "domain" => cookie.domain = Some(value.to_owned()),
                    "httponly" => cookie.http_only = Some(true),
                    "secure" => cookie.secure = Some(true),
                    _ => {}
                }
            }
            cookie
        })
        .collect()
}

/// A pair without `=` is a value, which could be a secret (RFC 6265bis section 5.6).
fn named(pair: &str, hides: bool) -> Cookie {
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    Cookie {
        name: name.trim().to_owned(),
        value: if hides {
            REDACTED.to_owned()
        } else {
            value.trim().to_owned()
        },
        ..Cookie::default()
    }
}
