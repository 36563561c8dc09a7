//! A request that arrived at the mocks.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::headers::value_to_text;

/// A request that a guest sent, and that the mocks answered or failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The guest's name.
    pub component: Arc<str>,
    /// 0 for the guest's own request, 1 for the first redirect, and so on.
    pub hop: u32,
    /// Its method.
    pub method: Method,
    /// Its URL as it would have been sent, or `http://self/…` for an in-process request to the application itself.
    pub url: Url,
    /// Its header fields, as they would have been sent.
    pub headers: HeaderMap,
    /// Its whole body; empty without a body.
    pub body: Bytes,
    /// The name of the mock that answered; `None` if no mock matched.
    pub mock: Option<String>,
}

impl ReceivedRequest {
    /// The first value of a header field; `None` without the field, or if the value is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// All values of a header field, in order. A value that is not UTF-8 is read as ISO-8859-1.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<String> {
        self.headers
            .get_all(name)
            .iter()
            .map(value_to_text)
            .collect()
    }

    /// The first value of a query parameter, decoded.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        self.query_values(name).into_iter().next()
    }

    /// All values of a query parameter, decoded, in order.
    pub(super) fn query_values(&self, name: &str) -> Vec<String> {
        values_of(self.url.query_pairs(), name)
    }

    /// The body as text. Bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// An error of serde if the body is not JSON, or not of this type.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    pub(super) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }
}

/// The values of the pairs with this name.
pub(super) fn values_of<'a>(
    pairs: impl Iterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
    name: &str,
) -> Vec<String> {
    pairs
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}
