//! The table `build` of a component.

use std::path::Path;

use crate::document::Value;
use crate::error::{ManifestError, ManifestErrorKind, collect_all};
use crate::manifest::Build;

/// Reads the table; relative paths start in `folder`.
pub(super) fn read(build: &Value<'_>, folder: &Path) -> Result<Build, ManifestError> {
    let build = build.table("a table, such as `{ command = \"make\" }`")?;
    build.only(&["command", "workdir", "watch"])?;
    let command = build.require("command", "command = \"…\"")?;
    let commands = match command.as_string() {
        Some(command) => vec![command.to_owned()],
        None => command.strings("a string or an array of strings")?,
    };
    let workdir = match build.get("workdir") {
        Some(workdir) => folder.join(workdir.string()?),
        None => folder.to_owned(),
    };
    let watch = match build.get("watch") {
        Some(watch) => {
            let patterns = watch.array("an array of paths, such as `[\"src/**/*.rs\"]`")?;
            collect_all(patterns.iter().map(pattern))?
        }
        None => Vec::new(),
    };
    Ok(Build {
        commands,
        workdir,
        watch,
    })
}

fn pattern(pattern: &Value<'_>) -> Result<String, ManifestError> {
    let text = pattern.string()?;
    match glob::Pattern::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(problem) => Err(pattern.at().error(
            ManifestErrorKind::InvalidValue,
            format!("`{text}` is not a valid pattern: {problem}"),
        )),
    }
}
