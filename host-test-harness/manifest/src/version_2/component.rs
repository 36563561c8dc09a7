//! Components, in `[component.ID]` or inside a trigger.

use crate::component::{self, COMMON_KEYS, Context};
use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind};
use crate::id::component_id_problem;
use crate::manifest::ManifestComponent;

/// The key of a component's variables.
const VARIABLES: &str = "variables";

/// Reads `[component.ID]`.
pub(super) fn read(
    id: &str,
    component: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    if let Some(problem) = component_id_problem(id) {
        return Err(component
            .at()
            .error(ManifestErrorKind::InvalidValue, problem));
    }
    read_table(id, &component.table("a table, `[component.ID]`")?, context)
}

/// Reads the keys of a component.
pub(super) fn read_table(
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
            "the harness does not compose components; compose them (`wac plug component.wasm --plug dependency.wasm \
             -o composed.wasm`), use the result as `source`, and remove `dependencies`",
        ));
    }
    if let Some(hosts) = table
        .get("allowed_http_hosts")
        .filter(|value| !value.is_empty())
    {
        context.warnings.push(hosts.at().warning(
            "the key is deprecated in manifest version 2; use `allowed_outbound_hosts`, whose entries have a scheme",
        ));
    }
    component::read(id, table, VARIABLES, context)
}
