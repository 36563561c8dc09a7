//! Parses text into a URL that all parsers between the guest and the upstream read the same way.

use http::Uri;
use url::Url;

use crate::invalid_uri::Cause;

/// Parses an absolute URL strictly: both the `http` crate and the WHATWG parser must accept it.
///
/// The WHATWG parser alone repairs too much (`http:host`, `http:///host`, a tab in the URI host),
/// and another parser may read a different URI host from the unrepaired text.
pub(crate) fn parse(text: &str) -> Result<Url, Cause> {
    // The `http` crate accepts a quote in a path, and any character in a fragment.
    let is_rejected =
        |character: &char| matches!(character, ' ' | '"') || character.is_ascii_control();
    if let Some(character) = text.chars().find(is_rejected) {
        return Err(Cause::Character(character));
    }
    let uri: Uri = text.parse().map_err(Cause::HttpUri)?;
    if uri.scheme().is_none() {
        return Err(Cause::NotAbsolute); // `host:80` and `*` are valid as request targets, but they are not URLs.
    }
    Url::parse(text).map_err(Cause::Whatwg)
}

/// The URL to request, in the types of both crates: it has a URI host, and neither user info nor a fragment.
#[derive(Clone, Debug)]
pub(crate) struct WireUrl {
    pub(crate) url: Url,
    pub(crate) uri: Uri,
    pub(crate) dropped_user_info: bool,
}

impl TryFrom<Url> for WireUrl {
    type Error = Cause;

    fn try_from(mut url: Url) -> Result<Self, Cause> {
        if !url.has_host() {
            return Err(Cause::NotAbsolute);
        }
        let dropped_user_info = !url.username().is_empty() || url.password().is_some();
        if dropped_user_info {
            url.set_username("").map_err(|()| Cause::NotAbsolute)?;
            url.set_password(None).map_err(|()| Cause::NotAbsolute)?;
        }
        url.set_fragment(None);
        let uri = url.as_str().parse().map_err(Cause::HttpUri)?;
        Ok(Self {
            url,
            uri,
            dropped_user_info,
        })
    }
}
