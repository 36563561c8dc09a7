//! Warnings about components and triggers that get no requests in the harness.

use std::collections::BTreeMap;

use crate::component::Context;
use crate::document::Table;
use crate::error::ManifestError;
use crate::parts::Parts;

/// Returns the trigger type that names a component, for the types other than HTTP.
pub(super) fn other_triggers(
    triggers: &Table<'_>,
    context: &mut Context<'_>,
) -> Result<BTreeMap<String, String>, ManifestError> {
    let mut types = BTreeMap::new();
    for (kind, others) in triggers.entries() {
        if kind == "http" {
            continue;
        }
        for trigger in others.array("an array of tables, `[[trigger.TYPE]]` with two brackets")? {
            let component = trigger
                .as_table()
                .and_then(|trigger| trigger.get("component"));
            if let Some(id) = component.and_then(|component| component.as_string()) {
                types.insert(id.to_owned(), kind.to_owned());
            }
        }
        context.warnings.push(
            others
                .at()
                .warning("the harness supports HTTP triggers only and ignores these triggers"),
        );
    }
    Ok(types)
}

/// Warns about components without an HTTP trigger, which Spin accepts.
pub(super) fn warn(
    root: &Table<'_>,
    parts: &Parts,
    other_triggers: &BTreeMap<String, String>,
    context: &mut Context<'_>,
) {
    let routed = parts.routed();
    let components = root
        .get("component")
        .and_then(|components| components.as_table());
    let entries = components.map(|components| components.entries());
    for (id, component) in entries.unwrap_or_default() {
        if routed.contains(id) {
            continue;
        }
        let reason = match other_triggers.get(id) {
            Some(kind) => format!("only `[[trigger.{kind}]]` names this component"),
            None => "no trigger names this component".to_owned(),
        };
        context.warnings.push(component.at().warning(format!(
            "{reason}, so it gets no requests; add a `[[trigger.http]]` with `component = \"{id}\"`, \
             and `route = {{ private = true }}` if only other components call it"
        )));
    }
}
