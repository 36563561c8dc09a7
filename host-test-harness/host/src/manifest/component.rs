//! What both versions say about a component in the same words.

use std::path::{Path, PathBuf};

use super::document::{At, Table, Value};
use super::error::{ManifestError, ManifestErrorKind, ManifestWarning};
use super::mount;
use super::variables::{self, Variables};
use super::{AllowedHost, Build, ManifestComponent};

/// What a component is read with.
pub(super) struct Context<'a> {
    /// The manifest's folder, absolute.
    pub(super) folder: &'a Path,
    /// The application's variables.
    pub(super) variables: &'a Variables,
    /// Where doubts go.
    pub(super) warnings: &'a mut Vec<ManifestWarning>,
}

/// The keys that both versions have.
pub(super) const COMMON_KEYS: [&str; 11] = [
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

/// Reads what both versions have; `variables` is the key of the component's variables.
pub(super) fn read(
    id: &str,
    table: &Table<'_>,
    variables: &str,
    context: &mut Context<'_>,
) -> Result<ManifestComponent, ManifestError> {
    let build = match table.get("build") {
        Some(build) => Some(read_build(&build, context.folder)?),
        None => None,
    };
    let source = table.require("source", "source = \"PATH/TO/COMPONENT.wasm\"")?;
    Ok(ManifestComponent {
        id: id.to_owned(),
        line: table.at().line(),
        source: read_source(&source, build.as_ref(), context.folder)?,
        environment: read_environment(table)?,
        files: mount::read(table, context.folder, context.warnings)?,
        allowed_http_hosts: read_hosts(table, "allowed_http_hosts")?,
        allowed_outbound_hosts: read_outbound_hosts(table, context.variables)?,
        variables: variables::read_component(table, variables, context.variables)?,
        build,
    })
}

fn read_source(
    source: &Value<'_>,
    build: Option<&Build>,
    folder: &Path,
) -> Result<PathBuf, ManifestError> {
    if let Some(remote) = source.as_table() {
        return Err(remote_source(&remote));
    }
    let written = source.text()?;
    let path = folder.join(written);
    let way_out = match build {
        Some(build) => format!("build it: {}", build.commands.join(" && ")),
        None => "build the component, or correct the path".to_owned(),
    };
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(path),
        Ok(_) => Err(source.at().error(
            ManifestErrorKind::MissingFile,
            format!("`{}` is no file; name the component's file", path.display()),
        )),
        Err(error) => Err(source
            .at()
            .error(
                ManifestErrorKind::MissingFile,
                format!("`{}` cannot be read: {error}; {way_out}", path.display()),
            )
            .with_source(error)),
    }
}

/// What to do about a component that Spin would fetch.
fn remote_source(source: &Table<'_>) -> ManifestError {
    let part = |key: &str| source.get(key).and_then(|value| value.as_text());
    let message = if let Some(url) = part("url") {
        format!(
            "this harness fetches nothing; download the component from `{url}`, compare its digest, \
             and write `source = \"PATH/TO/COMPONENT.wasm\"`"
        )
    } else if let Some(package) = part("package") {
        let version = part("version").unwrap_or("any version");
        format!(
            "this harness fetches nothing; get the package `{package}` ({version}) with `wkg get`, \
             and write `source = \"PATH/TO/COMPONENT.wasm\"`"
        )
    } else {
        "this harness runs files only; write `source = \"PATH/TO/COMPONENT.wasm\"`".to_owned()
    };
    source.at().error(ManifestErrorKind::Unsupported, message)
}

fn read_build(build: &Value<'_>, folder: &Path) -> Result<Build, ManifestError> {
    let build = build.table("a table, `{ command = \"…\" }`")?;
    build.only(&["command", "workdir", "watch"])?;
    let command = build.require("command", "command = \"…\"")?;
    let commands = match command.as_text() {
        Some(command) => vec![command.to_owned()],
        None => texts(&command, "a command in quotes, or a list of commands")?,
    };
    let workdir = match build.get("workdir") {
        Some(workdir) => folder.join(workdir.text()?),
        None => folder.to_owned(),
    };
    let watch = match build.get("watch") {
        Some(watch) => texts(&watch, "a list of paths, `[\"src/**/*.rs\"]`")?,
        None => Vec::new(),
    };
    Ok(Build {
        commands,
        workdir,
        watch,
    })
}

fn texts(list: &Value<'_>, expected: &str) -> Result<Vec<String>, ManifestError> {
    let elements = list.list(expected)?;
    elements
        .iter()
        .map(|element| element.text().map(str::to_owned))
        .collect()
}

/// Environment variables are texts as they are: Spin expands no `{{ … }}` in them.
fn read_environment(table: &Table<'_>) -> Result<Vec<(String, String)>, ManifestError> {
    let Some(environment) = table.get("environment") else {
        return Ok(Vec::new());
    };
    let environment = environment.table("a table of texts, `{ NAME = \"value\" }`")?;
    let mut variables = Vec::new();
    for (name, value, at) in environment.texts()? {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(at.error(
                ManifestErrorKind::InvalidValue,
                "an environment variable has a name, no `=` in it, and no NUL in name and value; correct it",
            ));
        }
        variables.push((name.to_owned(), value.to_owned()));
    }
    Ok(variables)
}

fn read_hosts(table: &Table<'_>, key: &str) -> Result<Vec<AllowedHost>, ManifestError> {
    let Some(hosts) = table.get(key) else {
        return Ok(Vec::new());
    };
    hosts
        .list("a list of texts, `[\"…\"]`")?
        .iter()
        .map(|host| {
            Ok(AllowedHost {
                entry: host.text()?.to_owned(),
                line: host.at().line(),
            })
        })
        .collect()
}

/// The entries as written; their templates are tried, so that a wrong name is found with its line.
fn read_outbound_hosts(
    table: &Table<'_>,
    variables: &Variables,
) -> Result<Vec<AllowedHost>, ManifestError> {
    const KEY: &str = "allowed_outbound_hosts";
    let hosts = read_hosts(table, KEY)?;
    for host in table
        .get(KEY)
        .map(|hosts| hosts.list(""))
        .transpose()?
        .unwrap_or_default()
    {
        if let Err(error) = variables.expand(host.text()?) {
            let kind = variables::template_error_kind(&error);
            return Err(host.at().error(kind, error.to_string()).with_source(error));
        }
    }
    Ok(hosts)
}

/// Refuses what is only in Wagi, or in an executor that does not exist.
pub(super) fn check_executor(trigger: &Table<'_>) -> Result<(), ManifestError> {
    let Some(executor) = trigger.get("executor") else {
        return Ok(());
    };
    let executor = executor.table("`{ type = \"http\" }`, or remove the key")?;
    let kind = executor.require("type", "type = \"http\"")?;
    match kind.text()? {
        "http" | "spin" => executor.only(&["type"]),
        "wagi" => Err(kind.at().error(
            ManifestErrorKind::Unsupported,
            "this harness does not run Wagi (CGI) components; build the component for HTTP \
             (`fermyon:spin/inbound-http`), and remove `executor`",
        )),
        other => Err(kind.at().error(
            ManifestErrorKind::InvalidValue,
            format!(
                "there is no executor `{other}`; write `{{ type = \"http\" }}`, or remove the key"
            ),
        )),
    }
}

/// The error of a second component with an id.
pub(super) fn duplicate_id(at: &At<'_>, id: &str, first: &ManifestComponent) -> ManifestError {
    at.error(
        ManifestErrorKind::Duplicate,
        format!(
            "there is a component `{id}` already, in line {}; name this one otherwise",
            first.line
        ),
    )
}
