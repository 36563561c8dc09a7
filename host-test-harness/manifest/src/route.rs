//! Spin's HTTP routes: they select the component for a request by its path.
//!
//! A route is a path (`/shop`), may have named segments (`/shop/:item`), and may end with a wildcard
//! (`/shop/...`, also written `/shop/*`), which matches the path before it as well.
//! The most specific route is selected. Routes are compared segment by segment: a literal segment takes precedence
//! over a named one, and a named one over a wildcard.
//!
//! As in Spin, a path is matched as it was sent: escapes are not decoded (`/%61` is not `/a`), and dot
//! segments are not resolved (`/a/../b` is below `/a`). Slashes at the start and the end are ignored.
//!
//! Spin uses the crate `routefinder` 0.5. The rules are the same, and the implementation is separate, because that
//! crate panics on some patterns when a request arrives, its newest version matches `/foobar` with `/foo/...`, and
//! neither version finds out which of two routes is never selected.

mod invalid_route;
mod pattern;
mod route_match;
mod segment;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

pub use invalid_route::InvalidRoute;
pub use pattern::RoutePattern;
pub use route_match::RouteMatch;

/// Spin itself responds to paths with this prefix. The routes of an application do not apply to them.
pub const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// The prefix of the headers with the values of named segments.
const PATH_MATCH_PREFIX: &str = "spin-path-match-";

/// The routes of an application, each with its target.
///
/// ```
/// use harness_manifest::route::{RoutePattern, RouteTable};
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
    /// The most specific route first.
    routes: Vec<(RoutePattern, T)>,
}

impl<T> RouteTable<T> {
    /// Creates a table from routes in any order. The table must not contain private routes.
    ///
    /// # Errors
    ///
    /// [`DuplicateRoute`] if two routes match the same paths, with any names of their segments.
    /// Spin warns and selects the last one; a component without requests is a mistake.
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

    /// Returns the most specific route that matches the path of a request; `path` has no query.
    #[must_use]
    pub fn find<'table, 'path>(
        &'table self,
        path: &'path str,
    ) -> Option<RouteMatch<'table, 'path, T>> {
        self.routes
            .iter()
            .find_map(|(pattern, target)| pattern.match_path(path, target))
    }

    /// Returns the routes, the most specific one first.
    pub fn iter(&self) -> impl Iterator<Item = (&RoutePattern, &T)> {
        self.routes
            .iter()
            .map(|(pattern, target)| (pattern, target))
    }
}

/// Two routes match the same paths.
#[derive(Debug, Clone)]
pub struct DuplicateRoute<T> {
    /// The first route, as written, and its target.
    pub first: (String, T),
    /// The second route, as written, and its target.
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
