//! The key `source` of a component.

use std::path::{Path, PathBuf};

use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind};
use crate::manifest::Build;

/// A line to add.
pub(super) const EXAMPLE: &str = "source = \"PATH/TO/COMPONENT.wasm\"";

/// Reads the path of a file that exists; `build` is suggested if it does not.
pub(super) fn read(
    source: &Value<'_>,
    build: Option<&Build>,
    folder: &Path,
) -> Result<PathBuf, ManifestError> {
    if let Some(remote) = source.as_table() {
        return Err(remote_source(&remote));
    }
    let path = folder.join(source.string()?);
    let error = |message: String| source.at().error(ManifestErrorKind::MissingFile, message);
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(path),
        Ok(_) => Err(error(format!(
            "`{}` is not a file; `source` must be the path of a component (.wasm)",
            path.display()
        ))),
        Err(cause) => {
            let hint = match build {
                Some(build) => format!("build it with `{}`", build.commands.join(" && ")),
                None => "build the component, or correct the path".to_owned(),
            };
            let message = format!("cannot read `{}`: {cause}; {hint}", path.display());
            Err(error(message).with_source(cause))
        }
    }
}

/// The error of a component that Spin would download.
fn remote_source(source: &Table<'_>) -> ManifestError {
    let part = |key: &str| source.get(key).and_then(|value| value.as_string());
    let message = if let Some(url) = part("url") {
        format!(
            "the harness does not download components; download `{url}`, compare its digest, and use `{EXAMPLE}`"
        )
    } else if let Some(package) = part("package") {
        let version = part("version").unwrap_or("any version");
        format!(
            "the harness does not download components; get the package `{package}` ({version}) with `wkg get`, \
             and use `{EXAMPLE}`"
        )
    } else {
        format!("the harness runs components from files only; use `{EXAMPLE}`")
    };
    source.at().error(ManifestErrorKind::Unsupported, message)
}
