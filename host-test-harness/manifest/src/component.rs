//! The keys of a component that both versions have in common.

mod build;
mod source;

use std::path::Path;

use crate::document::{At, Table};
use crate::error::{ManifestError, ManifestErrorKind, ManifestWarning, collect_all};
use crate::files;
use crate::manifest::{AllowedHost, ManifestComponent};
use crate::variables::{self, Variables};

/// The surroundings of a component.
pub(crate) struct Context<'a> {
    /// The absolute path of the manifest's folder.
    pub(crate) folder: &'a Path,
    /// Whether the `files` of a component are looked up.
    pub(crate) resolves_files: bool,
    /// The variables of the application.
    pub(crate) variables: &'a Variables,
    /// Collects the warnings.
    pub(crate) warnings: &'a mut Vec<ManifestWarning>,
}

/// The keys that both versions support.
pub(crate) const COMMON_KEYS: [&str; 11] = [
    "source",
    "description",
    "environment",
    "files",
    "exclude_files",
    "allowed_http_hosts",
    "allowed_outbound_hosts",
    "key_value_stores",
    "sqlite_databases",
    "ai_models",
    "build",
];

/// Reads the common keys; `variables_key` is the key of the component's variables.
pub(crate) fn read(
    id: &str,
    table: &Table<'_>,
    variables_key: &str,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    let build = match table.get("build") {
        Some(build) => Some(build::read(&build, context.folder)?),
        None => None,
    };
    let source = table.require("source", source::EXAMPLE)?;
    Ok(ManifestComponent {
        id: id.to_owned(),
        line: table.at().line(),
        source: source::read(&source, context.folder)?,
        environment: read_environment(table)?,
        files: if context.resolves_files {
            files::read(table, context.folder, context.warnings)?
        } else {
            Vec::new()
        },
        allowed_http_hosts: read_hosts(table, "allowed_http_hosts", |_| Ok(()))?,
        allowed_outbound_hosts: read_hosts(table, "allowed_outbound_hosts", |entry| {
            context.variables.expand(entry).map(drop)
        })?,
        variables: variables::read_component(table, variables_key, context.variables)?,
        key_value_stores: read_labels(table, "key_value_stores")?,
        build,
    })
}

/// As in Spin, `{{ … }}` is not expanded in the values of environment variables.
fn read_environment(table: &Table<'_>) -> Result<Vec<(String, String)>, ManifestError> {
    let Some(environment) = table.get("environment") else {
        return Ok(Vec::new());
    };
    let environment = environment.table("a table of strings, such as `{ NAME = \"value\" }`")?;
    collect_all(environment.strings()?.into_iter().map(|(name, value, at)| {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(at.error(
                ManifestErrorKind::InvalidValue,
                "invalid environment variable; use a name without `=`, and no NUL character in name or value",
            ));
        }
        Ok((name.to_owned(), value.to_owned()))
    }))
}

/// Reads the entries as written. `check` finds wrong templates now, while the line is known.
fn read_hosts(
    table: &Table<'_>,
    key: &str,
    check: impl Fn(&str) -> Result<(), crate::TemplateError>,
) -> Result<Vec<AllowedHost>, ManifestError> {
    let Some(hosts) = table.get(key) else {
        return Ok(Vec::new());
    };
    let hosts = hosts.array("an array of strings, such as `[\"https://api.example.com\"]`")?;
    collect_all(hosts.iter().map(|host| {
        let entry = host.string()?;
        check(entry).map_err(|error| variables::template_error(host.at(), error))?;
        Ok(AllowedHost {
            entry: entry.to_owned(),
            line: host.at().line(),
            key: host.at().key().to_owned(),
        })
    }))
}

fn read_labels(table: &Table<'_>, key: &str) -> Result<Vec<String>, ManifestError> {
    let Some(labels) = table.get(key) else {
        return Ok(Vec::new());
    };
    let labels = labels.array("an array of labels, such as `[\"default\"]`")?;
    collect_all(labels.iter().map(|label| label.string().map(str::to_owned)))
}

/// The error of a second component with an id.
pub(crate) fn duplicate_id(at: &At<'_>, id: &str, first: &ManifestComponent) -> ManifestError {
    at.error(
        ManifestErrorKind::Duplicate,
        format!(
            "duplicate component id `{id}` (first defined on line {}); rename one of the components",
            first.line
        ),
    )
}
