//! Manifest version 2: `[application]`, `[[trigger.http]]`, `[component.ID]`.

mod component;
mod http_trigger;
mod static_response;
mod unreachable;

use crate::component::Context;
use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind};
use crate::parts::Parts;

/// Reads a document whose version is known to be 2.
pub(crate) fn read(root: &Table<'_>, context: &mut Context<'_>) -> Result<Parts, ManifestError> {
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
        for (id, component) in components
            .table("a table of tables, `[component.ID]`")?
            .entries()
        {
            parts.add_component(component::read(id, &component, context)?);
        }
    }
    let triggers = root
        .require("trigger", "[[trigger.http]] route = \"/...\"")?
        .table("a table of arrays of tables, `[[trigger.http]]`")?;
    let others = unreachable::other_triggers(&triggers, context)?;
    if let Some(http) = triggers.get("http") {
        http_trigger::read_all(&http, &mut parts, context)?;
    }
    unreachable::warn(root, &parts, &others, context);
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
    let name = application.require("name", "name = \"…\"")?.string()?;
    if let Some(triggers) = application.get("trigger") {
        let triggers = triggers.table("a table of tables, `[application.trigger.http]`")?;
        if let Some(http) = triggers.get("http") {
            let http = http.table("a table, `[application.trigger.http]`")?;
            check_base(&http, context)?;
        }
    }
    Ok(name.to_owned())
}

/// Rejects a base path, as every Spin since 3.0 does.
fn check_base(http: &Table<'_>, context: &mut Context<'_>) -> Result<(), ManifestError> {
    http.only(&["base"])?;
    let Some(base) = http.get("base") else {
        return Ok(());
    };
    match base.string()? {
        "/" => {
            let warning = base
                .at()
                .warning("Spin 3 removed the base path; remove the key");
            context.warnings.push(warning);
            Ok(())
        }
        other => Err(base.at().error(
            ManifestErrorKind::Unsupported,
            format!(
                "Spin 3 removed the base path; remove the key, and prefix each `route` with `{other}`"
            ),
        )),
    }
}
