//! HTTP triggers, `[[trigger.http]]`.

use std::collections::BTreeSet;

use super::{component, static_response};
use crate::component::Context;
use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind, collect_all};
use crate::id::component_id_problem;
use crate::manifest::{ManifestRoute, RouteTarget};
use crate::names::Names;
use crate::parts::Parts;
use crate::trigger;

/// Generated ids. The id of a component inside a trigger depends on the id of its trigger.
struct Ids {
    triggers: Names,
    components: Names,
}

/// Reads the triggers with the components inside them.
pub(super) fn read_all(
    http: &Value<'_>,
    parts: &mut Parts,
    context: &mut Context<'_>,
) -> Result<(), ManifestError> {
    let triggers = http.array("an array of tables, `[[trigger.http]]` with two brackets")?;
    let triggers: Vec<Table<'_>> = collect_all(
        triggers
            .iter()
            .map(|trigger| trigger.table("a table, `[[trigger.http]]`")),
    )?;
    let trigger_ids = collect_all(triggers.iter().map(trigger_id))?;
    let trigger_ids = trigger_ids.into_iter().flatten().map(str::to_owned);
    let components = parts.components.iter();
    let component_ids: BTreeSet<String> =
        components.map(|component| component.id.clone()).collect();
    let mut ids = Ids {
        triggers: Names::new(trigger_ids.collect()),
        components: Names::new(component_ids),
    };
    for trigger in &triggers {
        let route = read(trigger, &mut ids, parts, context)?;
        parts.add_route(route, trigger, context)?;
    }
    Ok(())
}

fn read(
    trigger: &Table<'_>,
    ids: &mut Ids,
    parts: &mut Parts,
    context: &mut Context<'_>,
) -> Result<ManifestRoute, ManifestError> {
    trigger.only(&[
        "id",
        "route",
        "component",
        "executor",
        "components",
        "dependencies",
        "static_response",
    ])?;
    for key in ["components", "dependencies"] {
        if let Some(value) = trigger.get(key).filter(|value| !value.is_empty()) {
            return Err(value.at().error(
                ManifestErrorKind::Unsupported,
                "the harness does not compose middleware with the component; compose them (`wac plug`), use the result \
                 as `source` of the component, and remove the key",
            ));
        }
    }
    trigger::check_executor(trigger)?;
    let route = trigger::read_route(trigger, &parts.base)?;
    let line = trigger.at().line();
    if let Some(response) = trigger.get("static_response") {
        return Ok(ManifestRoute {
            target: RouteTarget::StaticResponse(static_response::read(&response, trigger, &route)?),
            route,
            line,
        });
    }
    let component = trigger.require("component", "component = \"ID\"")?;
    let id = match trigger_id(trigger)? {
        Some(id) => id.to_owned(),
        None => {
            let preferred = component.as_string().map(|id| format!("{id}-http-trigger"));
            ids.triggers.name(preferred, "http-trigger")
        }
    };
    let component = match component.as_table() {
        Some(inline) => {
            let preferred = Some(format!("{id}-component"));
            let preferred = preferred.filter(|id| component_id_problem(id).is_none());
            let id = ids.components.name(preferred, "inline-component");
            parts.add_component(component::read_table(&id, &inline, context)?);
            id
        }
        None => find_component(&component, parts)?,
    };
    Ok(ManifestRoute {
        route,
        line,
        target: RouteTarget::Component(component),
    })
}

/// Returns the id of a trigger in the manifest. As in Spin, an empty id counts as none.
fn trigger_id<'d>(trigger: &Table<'d>) -> Result<Option<&'d str>, ManifestError> {
    match trigger.get("id") {
        Some(id) => Ok(Some(id.string()?).filter(|id| !id.is_empty())),
        None => Ok(None),
    }
}

fn find_component(component: &Value<'_>, parts: &Parts) -> Result<String, ManifestError> {
    let Some(id) = component.as_string() else {
        return Err(component.wrong_type("a component id (a string) or a component (a table)"));
    };
    if parts.component(id).is_some() {
        return Ok(id.to_owned());
    }
    let ids: Vec<&str> = parts
        .components
        .iter()
        .map(|component| component.id.as_str())
        .collect();
    let known = match ids.as_slice() {
        [] => "the manifest defines none".to_owned(),
        ids => format!("the manifest defines {}", ids.join(", ")),
    };
    Err(component.at().error(
        ManifestErrorKind::Undefined,
        format!("unknown component `{id}` ({known}); add `[component.ID]`, or correct the id"),
    ))
}
