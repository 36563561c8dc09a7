//! The keys of an HTTP trigger that both versions have in common: `route` and `executor`.

use crate::document::Table;
use crate::error::{ManifestError, ManifestErrorKind};
use crate::manifest::Route;
use crate::route::RoutePattern;

/// Reads the key `route`.
pub(crate) fn read_route(trigger: &Table<'_>, base: &str) -> Result<Route, ManifestError> {
    let route = trigger.require("route", "route = \"/...\"")?;
    if let Some(private) = route.as_table() {
        private.only(&["private"])?;
        let private = private.require("private", "private = true")?;
        return if private.boolean()? {
            Ok(Route::Private)
        } else {
            Err(private.at().error(
                ManifestErrorKind::InvalidValue,
                "only `true` is supported; use `route = \"/…\"` or `route = { private = true }`",
            ))
        };
    }
    let Some(path) = route.as_string() else {
        return Err(route.wrong_type("a string or `{ private = true }`"));
    };
    match RoutePattern::parse_with_base(base, path) {
        Ok(pattern) => Ok(Route::Path(pattern)),
        Err(error) => {
            let at = route.at();
            Err(at
                .error(ManifestErrorKind::InvalidValue, error.to_string())
                .with_source(error))
        }
    }
}

/// Rejects Wagi and unknown executors.
pub(crate) fn check_executor(trigger: &Table<'_>) -> Result<(), ManifestError> {
    let Some(executor) = trigger.get("executor") else {
        return Ok(());
    };
    let executor = executor.table("a table, such as `{ type = \"http\" }`")?;
    let kind = executor.require("type", "type = \"http\"")?;
    match kind.string()? {
        "http" | "spin" => executor.only(&["type"]),
        "wagi" => Err(kind.at().error(
            ManifestErrorKind::Unsupported,
            "the harness does not run Wagi (CGI) components; build the component for HTTP \
             (`fermyon:spin/inbound-http` or `wasi:http`), and remove `executor`",
        )),
        other => Err(kind.at().error(
            ManifestErrorKind::InvalidValue,
            format!("unknown executor `{other}`; use `{{ type = \"http\" }}`, or remove the key"),
        )),
    }
}
