//! The manifest's version 1: `trigger = { type = "http" }`, `[[component]]`.

use super::component::{self, COMMON_KEYS, Context};
use super::document::{Table, Value};
use super::error::{ManifestError, ManifestErrorKind};
use super::id::component_id_problem;
use super::parts::Parts;
use super::{ManifestComponent, ManifestRoute, route};

/// The key of a component's variables.
const VARIABLES: &str = "config";

/// Reads a document of version 1. The root's version is checked already.
pub(super) fn read(root: &Table<'_>, context: &mut Context<'_>) -> Result<Parts, ManifestError> {
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
    let name = root.require("name", "name = \"…\"")?.text()?.to_owned();
    let mut parts = Parts::new(name, read_base(root)?);
    let components = match root.get("component") {
        Some(components) => {
            components.list("a list of tables, `[[component]]` with two brackets")?
        }
        None => Vec::new(),
    };
    for component in components {
        let table = component.table("a table, `[[component]]`")?;
        let component = read_component(&table, &parts, context)?;
        let trigger = table
            .require("trigger", "trigger = { route = \"/...\" }")?
            .table("a table, `[component.trigger]`")?;
        let route = read_route(&trigger, &component.id, &parts.base)?;
        parts.add_route(route, &trigger, context)?;
        parts.add_component(component);
    }
    Ok(parts)
}

/// The application's trigger, which is HTTP, and its base path.
///
/// Spin 1 and 2 put the base path before each route, as it is done here. Spin 3 and later refuse
/// any but `/`.
fn read_base(root: &Table<'_>) -> Result<String, ManifestError> {
    const EXAMPLE: &str = "trigger = { type = \"http\" }";
    let trigger = root.require("trigger", EXAMPLE)?.table(EXAMPLE)?;
    let kind = trigger.require("type", "type = \"http\"")?;
    match kind.text()? {
        "http" => {}
        other => {
            return Err(kind.at().error(
                ManifestErrorKind::Unsupported,
                format!(
                    "this harness has HTTP triggers only, and this is an application for `{other}`"
                ),
            ));
        }
    }
    trigger.only(&["type", "base"])?;
    match trigger.get("base") {
        Some(base) => Ok(base.text()?.to_owned()),
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

/// An id in camel or snake case is put into kebab case, as Spin 2 and later do.
fn read_id(value: &Value<'_>) -> Result<String, ManifestError> {
    let written = value.text()?;
    if component_id_problem(written).is_none() {
        return Ok(written.to_owned());
    }
    let id = written.replace('_', "-").to_lowercase();
    match component_id_problem(&id) {
        None => Ok(id),
        Some(problem) => Err(value.at().error(ManifestErrorKind::InvalidValue, problem)),
    }
}

fn read_route(trigger: &Table<'_>, id: &str, base: &str) -> Result<ManifestRoute, ManifestError> {
    trigger.only(&["route", "executor"])?;
    component::check_executor(trigger)?;
    Ok(ManifestRoute {
        trigger: format!("trigger-{id}"),
        component: id.to_owned(),
        route: route::read(trigger, base)?,
        line: trigger.at().line(),
    })
}
