//! The route of a trigger.

use super::Route;
use super::document::Table;
use super::error::{ManifestError, ManifestErrorKind};
use crate::route::RoutePattern;

/// Reads the key `route` of a trigger.
pub(super) fn read(trigger: &Table<'_>, base: &str) -> Result<Route, ManifestError> {
    let route = trigger.require("route", "route = \"/...\"")?;
    if let Some(private) = route.as_table() {
        private.only(&["private"])?;
        let private = private.require("private", "private = true")?;
        return if private.boolean()? {
            Ok(Route::Private)
        } else {
            Err(private.at().error(
                ManifestErrorKind::InvalidValue,
                "a route is a path or private; write `route = \"/…\"` or `route = { private = true }`",
            ))
        };
    }
    let Some(text) = route.as_text() else {
        return Err(route.wrong_type("a path in quotes, or `{ private = true }`"));
    };
    match RoutePattern::parse_with_base(base, text) {
        Ok(pattern) => Ok(Route::Path(pattern)),
        Err(error) => {
            let error_at = route
                .at()
                .error(ManifestErrorKind::InvalidValue, error.to_string());
            Err(error_at.with_source(error))
        }
    }
}
