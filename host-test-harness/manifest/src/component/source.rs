//! The key `source` of a component.

use std::path::Path;

use crate::document::{Table, Value};
use crate::error::{ManifestError, ManifestErrorKind, Place, collect_all};
use crate::manifest::{Manifest, ManifestComponent, Source, SourceOrigin};

/// A line to add.
pub(super) const EXAMPLE: &str = "source = \"PATH/TO/COMPONENT.wasm\"";

/// Reads the value. Whether the file exists is checked when it is needed, since an application may be run without some
/// of its components, or with other files for them.
pub(super) fn read(source: &Value<'_>, folder: &Path) -> Result<Source, ManifestError> {
    let origin = match source.as_table() {
        Some(remote) => read_remote(&remote)?,
        None => SourceOrigin::File(folder.join(source.string()?)),
    };
    Ok(Source {
        origin,
        line: source.at().line(),
        key: source.at().key().to_owned(),
    })
}

fn read_remote(source: &Table<'_>) -> Result<SourceOrigin, ManifestError> {
    let part = |key: &str| source.get(key).and_then(|value| value.as_string());
    if let Some(url) = part("url") {
        return Ok(SourceOrigin::Url(url.to_owned()));
    }
    if let Some(package) = part("package") {
        return Ok(SourceOrigin::Package {
            name: package.to_owned(),
            version: part("version").map(str::to_owned),
        });
    }
    Err(source.at().error(
        ManifestErrorKind::MissingKey,
        format!("missing key `url` or `package`; to run a component from a file, use `{EXAMPLE}`"),
    ))
}

impl Manifest {
    /// Returns the files of `components`, which must be among [`components`](Self::components), in the same order.
    ///
    /// # Errors
    ///
    /// [`ManifestErrorKind::MissingFile`] with a problem for each file that does not exist, and
    /// [`ManifestErrorKind::Unsupported`] for each component that Spin would download.
    pub fn component_files<'a>(
        &self,
        components: impl IntoIterator<Item = &'a ManifestComponent>,
    ) -> Result<Vec<&'a Path>, ManifestError> {
        collect_all(components.into_iter().map(|component| {
            component.source.file(component).map_err(|problem| {
                let Source { line, key, .. } = &component.source;
                let place = Place {
                    path: self.path.clone(),
                    line: Some(*line),
                    key: key.clone(),
                };
                let error = ManifestError::new(place, problem.kind, problem.message);
                match problem.cause {
                    Some(cause) => error.with_source(cause),
                    None => error,
                }
            })
        }))
    }
}

/// Why a component has no file.
struct Problem {
    kind: ManifestErrorKind,
    message: String,
    cause: Option<std::io::Error>,
}

impl Source {
    fn file(&self, component: &ManifestComponent) -> Result<&Path, Problem> {
        let missing = |message, cause| Problem {
            kind: ManifestErrorKind::MissingFile,
            message,
            cause,
        };
        let remote = |way_to_get_it: String| Problem {
            kind: ManifestErrorKind::Unsupported,
            message: format!(
                "the harness does not download components; {way_to_get_it}, and use `{EXAMPLE}` or \
                 `up --component-file {}=FILE`",
                component.id
            ),
            cause: None,
        };
        let path = match &self.origin {
            SourceOrigin::File(path) => path,
            SourceOrigin::Url(url) => {
                return Err(remote(format!("download `{url}`, compare its digest")));
            }
            SourceOrigin::Package { name, version } => {
                let version = version.as_deref().unwrap_or("any version");
                return Err(remote(format!(
                    "get the package `{name}` ({version}) with `wkg get`"
                )));
            }
        };
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => {
                let message = format!(
                    "`{}` is not a file; `source` must be the path of a component (.wasm)",
                    path.display()
                );
                Err(missing(message, None))
            }
            Err(cause) => {
                let hint = match &component.build {
                    Some(build) => format!("build it with `{}`", build.commands.join(" && ")),
                    None => "build the component, or correct the path".to_owned(),
                };
                let message = format!("cannot read `{}`: {cause}; {hint}", path.display());
                Err(missing(message, Some(cause)))
            }
        }
    }
}
