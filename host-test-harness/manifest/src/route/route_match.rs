//! A request's path with its route, and the headers that tell the component about both.

use std::net::SocketAddr;

use http::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

use super::{PATH_MATCH_PREFIX, RoutePattern};

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("spin-client-addr");

/// The match of a request's path with a route.
#[derive(Debug, Clone)]
pub struct RouteMatch<'table, 'path, T> {
    pub(super) target: &'table T,
    pub(super) pattern: &'table RoutePattern,
    pub(super) parameters: Vec<(&'table str, &'path str)>,
    pub(super) path_info: &'path str,
}

impl<'table, 'path, T> RouteMatch<'table, 'path, T> {
    /// The target of the route.
    #[must_use]
    pub fn target(&self) -> &'table T {
        self.target
    }

    /// The route.
    #[must_use]
    pub fn pattern(&self) -> &'table RoutePattern {
        self.pattern
    }

    /// The named segments with their values as they were sent, in the order of the route.
    #[must_use]
    pub fn parameters(&self) -> &[(&'table str, &'path str)] {
        &self.parameters
    }

    /// The part of the path that the trailing wildcard matched, with its leading slash. Empty without a wildcard.
    #[must_use]
    pub fn path_info(&self) -> &'path str {
        self.path_info
    }

    /// Sets the `spin-*` headers, which describe the route and the client to the component.
    ///
    /// `full_url` is the URL that the client requested, `client_address` the client's address.
    /// Headers of the client with these names are replaced, and `spin-path-match-*` headers of the client are
    /// removed, so that a client cannot forge them.
    ///
    /// # Errors
    ///
    /// [`InvalidHeaderValue`] if the URL or the path contains a control character, which is never the case for an
    /// [`http::Uri`]. The headers are then unchanged.
    pub fn set_headers(
        &self,
        headers: &mut HeaderMap,
        full_url: &str,
        client_address: SocketAddr,
    ) -> Result<(), InvalidHeaderValue> {
        let mut own = vec![
            (PATH_INFO, value(self.path_info)?),
            (FULL_URL, value(full_url)?),
            (MATCHED_ROUTE, value(self.pattern.with_base())?),
            (BASE_PATH, value(self.pattern.base())?),
            (RAW_COMPONENT_ROUTE, value(self.pattern.as_str())?),
            (COMPONENT_ROUTE, value(self.pattern.without_wildcard())?),
            (CLIENT_ADDRESS, value(&client_address.to_string())?),
        ];
        for ((header, _), (_, text)) in self.pattern.parameters().zip(&self.parameters) {
            own.push((header.clone(), value(text)?));
        }
        let forged: Vec<HeaderName> = headers
            .keys()
            .filter(|name| name.as_str().starts_with(PATH_MATCH_PREFIX))
            .cloned()
            .collect();
        for name in forged {
            headers.remove(name);
        }
        for (name, value) in own {
            headers.insert(name, value);
        }
        Ok(())
    }
}

/// `HeaderValue::from_str` would reject text that is not ASCII.
fn value(text: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_bytes(text.as_bytes())
}
