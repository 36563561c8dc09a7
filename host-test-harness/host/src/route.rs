//! Which component answers a request: Spin's HTTP routes.
//!
//! A route is a path (`/shop`), may name segments (`/shop/:item`) and may end in a wildcard
//! (`/shop/...`, also written `/shop/*`), which matches the path before it as well.
//! The most specific route answers: segment by segment, a text goes before a name, and a name
//! before a wildcard.
//!
//! A path is matched as it was sent, as in Spin: no escape is decoded (`/%61` is not `/a`) and no
//! dot segment resolved (`/a/../b` is a path below `/a`). Slashes at its start and end do not count.
//!
//! Spin stands on the crate `routefinder` 0.5; the rules are the same, the matching is our own:
//! that crate panics on some patterns when a request arrives, its newest version matches `/foobar`
//! with `/foo/...`, and neither can tell which of two routes is never reached.

mod invalid_route;
mod pattern;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::SocketAddr;

use http::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

pub use invalid_route::InvalidRoute;
pub use pattern::RoutePattern;

/// Paths below this prefix are Spin's own: it answers them itself, whatever an application's routes say.
pub const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("spin-client-addr");
const PATH_MATCH_PREFIX: &str = "spin-path-match-";

/// The routes of an application, and what answers each.
///
/// ```
/// use spin_harness::route::{RoutePattern, RouteTable};
///
/// let table = RouteTable::new([
///     (RoutePattern::parse("/...")?, "front"),
///     (RoutePattern::parse("/shop/:item")?, "shop"),
/// ])?;
/// let found = table.find("/shop/tea").expect("a match");
/// assert_eq!(*found.target(), "shop");
/// assert_eq!(found.parameters(), [("item", "tea")]);
/// assert_eq!(table.find("/shop").map(|found| *found.target()), Some("front"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RouteTable<T> {
    /// The most specific first.
    routes: Vec<(RoutePattern, T)>,
}

impl<T> RouteTable<T> {
    /// Takes the routes in any order. Private routes do not belong in the table.
    ///
    /// # Errors
    ///
    /// [`DuplicateRoute`] if two routes match the same paths, whatever their segments are called.
    /// Spin warns and lets the last one win; a component that nothing can reach is a mistake.
    pub fn new(
        routes: impl IntoIterator<Item = (RoutePattern, T)>,
    ) -> Result<Self, DuplicateRoute<T>> {
        let mut sorted: Vec<(RoutePattern, T)> = Vec::new();
        let mut by_shape = HashMap::new();
        for (pattern, target) in routes {
            match by_shape.entry(pattern.shape()) {
                Entry::Vacant(entry) => entry.insert(sorted.len()),
                Entry::Occupied(entry) => {
                    let (first_pattern, first) = sorted.swap_remove(*entry.get());
                    return Err(DuplicateRoute {
                        first: (first_pattern.to_string(), first),
                        second: (pattern.to_string(), target),
                    });
                }
            };
            sorted.push((pattern, target));
        }
        sorted.sort_by_cached_key(|(pattern, _)| pattern.precedence());
        Ok(Self { routes: sorted })
    }

    /// The most specific route that matches the path of a request, without its query.
    #[must_use]
    pub fn find<'table, 'path>(
        &'table self,
        path: &'path str,
    ) -> Option<RouteMatch<'table, 'path, T>> {
        self.routes
            .iter()
            .find_map(|(pattern, target)| pattern.match_path(path, target))
    }

    /// The routes, the most specific first.
    pub fn iter(&self) -> impl Iterator<Item = (&RoutePattern, &T)> {
        self.routes
            .iter()
            .map(|(pattern, target)| (pattern, target))
    }
}

/// Two routes match the same paths.
#[derive(Debug, Clone)]
pub struct DuplicateRoute<T> {
    /// The route that came first, as written, and what answers it.
    pub first: (String, T),
    /// The route that came second, as written, and what answers it.
    pub second: (String, T),
}

impl<T: fmt::Display> fmt::Display for DuplicateRoute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` of `{}` and `{}` of `{}` match the same paths; change or remove one of them",
            self.first.0, self.first.1, self.second.0, self.second.1
        )
    }
}

impl<T: fmt::Debug + fmt::Display> std::error::Error for DuplicateRoute<T> {}

/// A request's path and the route that it has taken.
#[derive(Debug, Clone)]
pub struct RouteMatch<'table, 'path, T> {
    target: &'table T,
    pattern: &'table RoutePattern,
    parameters: Vec<(&'table str, &'path str)>,
    path_info: &'path str,
}

impl<'table, 'path, T> RouteMatch<'table, 'path, T> {
    /// What answers the route.
    #[must_use]
    pub fn target(&self) -> &'table T {
        self.target
    }

    /// The route.
    #[must_use]
    pub fn pattern(&self) -> &'table RoutePattern {
        self.pattern
    }

    /// The named segments with their values, as sent, in the route's order.
    #[must_use]
    pub fn parameters(&self) -> &[(&'table str, &'path str)] {
        &self.parameters
    }

    /// What the trailing wildcard has matched, from its slash on; empty without a wildcard.
    #[must_use]
    pub fn path_info(&self) -> &'path str {
        self.path_info
    }

    /// Sets the `spin-*` headers that tell a component how it was reached.
    ///
    /// `full_url` is the URL as the client wants it, `client_address` where the client is.
    /// A header of the client's with one of these names is replaced, and its `spin-path-match-*`
    /// are removed, so that no client can pretend to have come by another route.
    ///
    /// # Errors
    ///
    /// [`InvalidHeaderValue`] if the URL or the path has a control character, which those of
    /// [`http::Uri`] have not. The headers are unchanged then.
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

/// Not by `from_str`, which refuses what is not ASCII.
fn value(text: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_bytes(text.as_bytes())
}
