//! Manifest version 1: `trigger = { type = "http" }`, `[[component]]`.

use crate::component::{self, COMMON_KEYS, Context};
use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind};
use crate::id::component_id_problem;
use crate::manifest::{ManifestComponent, ManifestRoute, RouteTarget};
use crate::parts::Parts;
use crate::trigger;

/// The key of a component's variables.
const VARIABLES: &str = "config";

/// Reads a document whose version is known to be 1.
pub(crate) fn read(root: &Table<'_>, context: &mut Context<'_>) -> Result<Parts, ManifestError> {
    root.only(&[
        "spin_manifest_version",
        "spin_version",
        "name",
        "version",
        "description",
        "authors",
        "namespace",
        "trigger",
        "variables",
        "component",
    ])?;
    let name = root.require("name", "name = \"…\"")?.string()?.to_owned();
    let mut parts = Parts::new(name, read_base(root)?);
    let components = match root.get("component") {
        Some(components) => {
            components.array("an array of tables, `[[component]]` with two brackets")?
        }
        None => Vec::new(),
    };
    for component in components {
        let table = component.table("a table, `[[component]]`")?;
        let component = read_component(&table, &parts, context)?;
        let trigger = table
            .require("trigger", "trigger = { route = \"/...\" }")?
            .table("a table, such as `{ route = \"/...\" }`")?;
        let route = read_trigger(&trigger, &component.id, &parts.base)?;
        parts.add_route(route, &trigger, context)?;
        parts.add_component(component);
    }
    Ok(parts)
}

/// Reads the application's trigger, which must be HTTP, and returns its base path.
///
/// Spin 1 and 2 prefix the base path to each route. Spin 3 and later reject every base path except `/`.
fn read_base(root: &Table<'_>) -> Result<String, ManifestError> {
    let trigger = root
        .require("trigger", "trigger = { type = \"http\" }")?
        .table("a table, such as `{ type = \"http\" }`")?;
    let kind = trigger.require("type", "type = \"http\"")?;
    match kind.string()? {
        "http" => {}
        other => {
            return Err(kind.at().error(
                ManifestErrorKind::Unsupported,
                format!(
                    "the trigger type `{other}` is not supported; the harness supports `http` only"
                ),
            ));
        }
    }
    trigger.only(&["type", "base"])?;
    match trigger.get("base") {
        Some(base) => Ok(base.string()?.to_owned()),
        None => Ok("/".to_owned()),
    }
}

fn read_component(
    table: &Table<'_>,
    parts: &Parts,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    let mut known = COMMON_KEYS.to_vec();
    known.extend(["id", "trigger", VARIABLES]);
    table.only(&known)?;
    let value = table.require("id", "id = \"…\"")?;
    let id = read_id(&value)?;
    match parts.component(&id) {
        Some(first) => Err(component::duplicate_id(value.at(), &id, first)),
        None => component::read(&id, table, VARIABLES, context),
    }
}

/// Reads an id, and converts camel case and snake case to kebab case, as Spin 2 and later do.
fn read_id(value: &Value<'_>) -> Result<String, ManifestError> {
    let written = value.string()?;
    if component_id_problem(written).is_none() {
        return Ok(written.to_owned());
    }
    let id = written.replace('_', "-").to_lowercase();
    match component_id_problem(&id) {
        None => Ok(id),
        Some(problem) => Err(value.at().error(ManifestErrorKind::InvalidValue, problem)),
    }
}

fn read_trigger(trigger: &Table<'_>, id: &str, base: &str) -> Result<ManifestRoute, ManifestError> {
    trigger.only(&["route", "executor"])?;
    trigger::check_executor(trigger)?;
    Ok(ManifestRoute {
        target: RouteTarget::Component(id.to_owned()),
        route: trigger::read_route(trigger, base)?,
        line: trigger.at().line(),
    })
}
