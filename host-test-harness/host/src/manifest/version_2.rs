//! The manifest's version 2: `[application]`, `[[trigger.http]]`, `[component.ID]`.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{self, COMMON_KEYS, Context};
use super::document::{Table, Value};
use super::error::{ManifestError, ManifestErrorKind};
use super::id::component_id_problem;
use super::parts::{Names, Parts};
use super::{ManifestComponent, ManifestRoute, route};

/// The key of a component's variables.
const VARIABLES: &str = "variables";

/// Reads a document of version 2. The root's `spin_manifest_version` is checked already.
pub(super) fn read(root: &Table<'_>, context: &mut Context<'_>) -> Result<Parts, ManifestError> {
    root.only(&[
        "spin_manifest_version",
        "application",
        "variables",
        "trigger",
        "component",
    ])?;
    let application = root.require("application", "[application] name = \"…\"")?;
    let name = read_application(&application, context)?;
    let mut parts = Parts::new(name, "/".to_owned());
    if let Some(components) = root.get("component") {
        for (id, component) in components.table("tables, `[component.ID]`")?.entries() {
            parts.add_component(read_component(id, &component, context)?);
        }
    }
    let triggers = root
        .require("trigger", "[[trigger.http]] route = \"/...\"")?
        .table("lists of tables, `[[trigger.http]]`")?;
    let others = other_triggers(&triggers, context)?;
    if let Some(http) = triggers.get("http") {
        read_http_triggers(&http, &mut parts, context)?;
    }
    warn_of_the_unreachable(&components_by_id(root), &parts, &others, context);
    Ok(parts)
}

fn read_application(
    application: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<String, ManifestError> {
    let application = application.table("a table, `[application]`")?;
    application.only(&[
        "name",
        "version",
        "description",
        "authors",
        "targets",
        "trigger",
        "tool",
    ])?;
    let name = application.require("name", "name = \"…\"")?.text()?;
    if let Some(triggers) = application.get("trigger") {
        let triggers = triggers.table("tables, `[application.trigger.http]`")?;
        if let Some(http) = triggers.get("http") {
            read_base(
                &http.table("a table, `[application.trigger.http]`")?,
                context,
            )?;
        }
    }
    Ok(name.to_owned())
}

/// A base path is refused, as in every Spin since 3.0.
fn read_base(http: &Table<'_>, context: &mut Context<'_>) -> Result<(), ManifestError> {
    http.only(&["base"])?;
    let Some(base) = http.get("base") else {
        return Ok(());
    };
    match base.text()? {
        "/" => {
            context.warnings.push(
                base.at()
                    .warning("a base path has no meaning any more; remove the key"),
            );
            Ok(())
        }
        other => Err(base.at().error(
            ManifestErrorKind::Unsupported,
            format!(
                "Spin has no base path any more; remove the key, and put `{other}` before each `route`"
            ),
        )),
    }
}

fn read_component(
    id: &str,
    component: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    if let Some(problem) = component_id_problem(id) {
        return Err(component
            .at()
            .error(ManifestErrorKind::InvalidValue, problem));
    }
    let table = component.table("a table, `[component.ID]`")?;
    read_component_table(id, &table, context)
}

fn read_component_table(
    id: &str,
    table: &Table<'_>,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    let mut known = COMMON_KEYS.to_vec();
    known.extend([
        VARIABLES,
        "targets",
        "tool",
        "dependencies_inherit_configuration",
        "dependencies",
        "profile",
    ]);
    table.only(&known)?;
    if let Some(dependencies) = table.get("dependencies").filter(|value| !value.is_empty()) {
        return Err(dependencies.at().error(
            ManifestErrorKind::Unsupported,
            "this harness composes no components; compose them (`wac plug component.wasm --plug dependency.wasm \
             -o composed.wasm`), name the result as `source`, and remove `dependencies`",
        ));
    }
    if let Some(hosts) = table
        .get("allowed_http_hosts")
        .filter(|value| !value.is_empty())
    {
        context.warnings.push(hosts.at().warning(
            "this key is of manifest version 1 and deprecated here; write `allowed_outbound_hosts`, \
             whose entries have a scheme",
        ));
    }
    component::read(id, table, VARIABLES, context)
}

/// Names for triggers and components that have none.
struct NewNames {
    triggers: Names,
    components: Names,
}

fn read_http_triggers(
    http: &Value<'_>,
    parts: &mut Parts,
    context: &mut Context<'_>,
) -> Result<(), ManifestError> {
    let triggers: Vec<Table<'_>> = http
        .list("a list of tables, `[[trigger.http]]` with two brackets")?
        .iter()
        .map(|trigger| trigger.table("a table, `[[trigger.http]]`"))
        .collect::<Result<_, _>>()?;
    let mut trigger_ids = BTreeSet::new();
    for trigger in &triggers {
        trigger_ids.extend(trigger_id(trigger)?.map(str::to_owned));
    }
    let ids = parts
        .components
        .iter()
        .map(|component| component.id.clone());
    let mut names = NewNames {
        triggers: Names::new(trigger_ids),
        components: Names::new(ids.collect()),
    };
    for trigger in &triggers {
        let route = read_trigger(trigger, &mut names, parts, context)?;
        parts.add_route(route, trigger, context)?;
    }
    Ok(())
}

fn read_trigger(
    trigger: &Table<'_>,
    names: &mut NewNames,
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
    for (key, what) in [
        ("components", "middleware components"),
        ("dependencies", "middleware components"),
        ("static_response", "responses without a component"),
    ] {
        if let Some(value) = trigger.get(key).filter(|value| !value.is_empty()) {
            return Err(value.at().error(
                ManifestErrorKind::Unsupported,
                format!("this harness has no {what}; remove the key"),
            ));
        }
    }
    component::check_executor(trigger)?;
    let component = trigger.require("component", "component = \"ID\"")?;
    let id = match trigger_id(trigger)? {
        Some(id) => id.to_owned(),
        None => {
            let natural = component.as_text().map(|id| format!("{id}-http-trigger"));
            names.triggers.name(natural, "http-trigger")
        }
    };
    let component = match component.as_table() {
        Some(inline) => {
            let natural = Some(format!("{id}-component"));
            let natural = natural.filter(|id| component_id_problem(id).is_none());
            let id = names.components.name(natural, "inline-component");
            parts.add_component(read_component_table(&id, &inline, context)?);
            id
        }
        None => find_component(&component, parts)?,
    };
    Ok(ManifestRoute {
        route: route::read(trigger, &parts.base)?,
        line: trigger.at().line(),
        trigger: id,
        component,
    })
}

/// The id that the manifest gives to a trigger; an empty one is none, as in Spin.
fn trigger_id<'d>(trigger: &Table<'d>) -> Result<Option<&'d str>, ManifestError> {
    match trigger.get("id") {
        Some(id) => Ok(Some(id.text()?).filter(|id| !id.is_empty())),
        None => Ok(None),
    }
}

fn find_component(component: &Value<'_>, parts: &Parts) -> Result<String, ManifestError> {
    let Some(id) = component.as_text() else {
        return Err(component.wrong_type("the id of a component in quotes, or a component"));
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
        [] => "there is none".to_owned(),
        ids => format!("there are: {}", ids.join(", ")),
    };
    Err(component.at().error(
        ManifestErrorKind::Undefined,
        format!(
            "there is no component `{}` ({known}); add `[component.ID]`, or correct the id",
            id
        ),
    ))
}

/// The types of trigger that nothing here sets off, by the components that they name.
fn other_triggers(
    triggers: &Table<'_>,
    context: &mut Context<'_>,
) -> Result<BTreeMap<String, String>, ManifestError> {
    let mut types = BTreeMap::new();
    for (kind, others) in triggers.entries() {
        if kind == "http" {
            continue;
        }
        for trigger in others.list("a list of tables, `[[trigger.TYPE]]` with two brackets")? {
            let component = trigger
                .as_table()
                .and_then(|trigger| trigger.get("component"));
            if let Some(id) = component.and_then(|component| component.as_text()) {
                types.insert(id.to_owned(), kind.to_owned());
            }
        }
        context.warnings.push(
            others
                .at()
                .warning("this harness has HTTP triggers only; nothing sets these off"),
        );
    }
    Ok(types)
}

fn components_by_id<'d>(root: &Table<'d>) -> BTreeMap<&'d str, Value<'d>> {
    root.get("component")
        .and_then(|components| components.as_table())
        .map(|components| components.entries().into_iter().collect())
        .unwrap_or_default()
}

/// Spin accepts components that no trigger names; nothing calls them.
fn warn_of_the_unreachable(
    components: &BTreeMap<&str, Value<'_>>,
    parts: &Parts,
    others: &BTreeMap<String, String>,
    context: &mut Context<'_>,
) {
    let routed = parts.routed();
    for (id, component) in components {
        if routed.contains(id) {
            continue;
        }
        let reason = match others.get(*id) {
            Some(kind) => format!("only `[[trigger.{kind}]]` names this component"),
            None => "no trigger names this component".to_owned(),
        };
        context.warnings.push(component.at().warning(format!(
            "{reason}, so it answers no request here; add a `[[trigger.http]]` with \
             `component = \"{id}\"`, and `route = {{ private = true }}` if other components call it"
        )));
    }
}
