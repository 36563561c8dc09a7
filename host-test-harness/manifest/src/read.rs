//! Reads a manifest from its file.

use std::cell::RefCell;
use std::env::VarError;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::component::Context;
use crate::document::{File, Table};
use crate::error::{ManifestError, ManifestErrorKind, Place};
use crate::manifest::Manifest;
use crate::variables::VARIABLE_PREFIX;
use crate::{env_file, variables, version_1, version_2};

/// The file name of a manifest in its folder.
pub const MANIFEST_FILE: &str = "spin.toml";

/// The maximum length of a manifest: 1 MiB, which is a hundred times the length of a long one.
pub const MAX_MANIFEST_BYTES: usize = 1024 * 1024;

/// The version of the format.
#[derive(Clone, Copy)]
enum Version {
    /// `spin_manifest_version = "1"` or `spin_version = "1"`, of Spin 1.
    One,
    /// `spin_manifest_version = 2`, of Spin 2 and later.
    Two,
}

impl Manifest {
    /// Reads a manifest, or the `spin.toml` of a folder.
    ///
    /// Variables take their values from the environment of the process:
    /// `SPIN_VARIABLE_API_HOST` sets `api_host`. If it is not set, the file `.env` in the manifest's folder may set it.
    /// The `files` of the components must exist; [`Manifest::component_files`] checks the components themselves.
    ///
    /// ```
    /// use harness_manifest::Manifest;
    /// # let folder = std::env::temp_dir().join(format!("manifest-read-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # std::fs::write(folder.join("front.wasm"), "")?;
    /// # std::fs::write(folder.join("spin.toml"), r#"
    /// # spin_manifest_version = 2
    /// # application.name = "shop"
    /// # trigger.http = [{ route = "/...", component = "front" }]
    /// # component.front.source = "front.wasm"
    /// # "#)?;
    ///
    /// let manifest = Manifest::read(&folder)?;
    /// assert_eq!(manifest.components[0].id, "front");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with the problems that were found first; its kind is one of [`ManifestErrorKind`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ManifestError> {
        Self::read_with_overrides(path, &|_| None)
    }

    /// [`Manifest::read`] with values above those of the environment of the process.
    ///
    /// `overrides` returns the value of a variable of the application by its name, such as `api_host`. It is called once
    /// for each of them.
    ///
    /// # Errors
    ///
    /// As for [`Manifest::read`].
    pub fn read_with_overrides(
        path: impl AsRef<Path>,
        overrides: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ManifestError> {
        let path = path.as_ref();
        let not_utf8 = RefCell::new(None);
        let environment = |name: &str| {
            let variable = name.strip_prefix(VARIABLE_PREFIX).unwrap_or(name);
            overrides(&variable.to_lowercase()).or_else(|| {
                std::env::var(name)
                    .inspect_err(|error| {
                        if matches!(error, VarError::NotUnicode(_)) {
                            not_utf8.replace(Some(name.to_owned()));
                        }
                    })
                    .ok()
            })
        };
        let manifest = Self::read_with(path, &environment);
        match not_utf8.into_inner() {
            None => manifest,
            Some(name) => Err(ManifestError::new(
                Place::file(path),
                ManifestErrorKind::InvalidValue,
                format!(
                    "the environment variable `{name}` is not UTF-8; set it to text, or remove it"
                ),
            )),
        }
    }

    /// [`Manifest::read`] with another environment, above the file `.env`.
    ///
    /// `environment` returns the value of an environment variable, and is called once for each variable of the
    /// application.
    ///
    /// ```
    /// use harness_manifest::Manifest;
    /// # let folder = std::env::temp_dir().join(format!("manifest-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # std::fs::write(folder.join("front.wasm"), "")?;
    /// # std::fs::write(folder.join("spin.toml"), r#"
    /// # spin_manifest_version = 2
    /// # application.name = "shop"
    /// # variables.api_host.required = true
    /// # trigger.http = [{ route = "/...", component = "front" }]
    /// # [component.front]
    /// # source = "front.wasm"
    /// # allowed_outbound_hosts = ["https://{{ api_host }}"]
    /// # "#)?;
    ///
    /// let environment = |name: &str| (name == "SPIN_VARIABLE_API_HOST").then(|| "api.test".to_owned());
    /// let manifest = Manifest::read_with(&folder, &environment)?;
    /// let entry = &manifest.components[0].allowed_outbound_hosts[0].entry;
    /// assert_eq!(manifest.variables.expand(entry)?, "https://api.test");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Manifest::read`].
    pub fn read_with(
        path: impl AsRef<Path>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ManifestError> {
        let path = path.as_ref();
        let path = if path.is_dir() {
            path.join(MANIFEST_FILE)
        } else {
            path.to_owned()
        };
        let text = read_text(&path)?;
        let folder = folder_of(&path)?;
        let env_file = env_file::read(&folder)?;
        let environment =
            |name: &str| environment(name).or_else(|| env_file.get(name).map(String::to_owned));
        let reading = Reading {
            folder: &folder,
            resolves_files: true,
            environment: &environment,
        };
        let mut manifest = read_document(path, &text, &reading)?;
        let warnings = env_file::unknown_variables(&folder, &env_file, &manifest.variables);
        manifest.warnings.splice(0..0, warnings);
        Ok(manifest)
    }

    /// Parses the text of a manifest without any I/O, also where there are no files, as on `wasm32-unknown-unknown`.
    ///
    /// `path` is the manifest's path in messages, and its folder that of the relative paths. The file `.env` is not
    /// read, and [`ManifestComponent::files`](crate::ManifestComponent::files) are empty. `environment` returns the
    /// value of an environment variable, as for [`Manifest::read_with`].
    ///
    /// ```
    /// use harness_manifest::Manifest;
    ///
    /// let text = r#"
    /// spin_manifest_version = 2
    /// application.name = "shop"
    /// trigger.http = [{ route = "/...", component = "front" }]
    /// [component.front]
    /// source = "front.wasm"
    /// files = ["assets/*"]
    /// allowed_outbound_hosts = ["https://api.test"]
    /// "#;
    /// let manifest = Manifest::parse("spin.toml", text, &|_| None)?;
    /// assert_eq!(manifest.allow_list(&manifest.components[0])?.rules().count(), 1);
    /// assert!(manifest.components[0].files.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with the problems that were found first; its kind is neither
    /// [`Io`](ManifestErrorKind::Io) nor one about a file.
    pub fn parse(
        path: impl Into<PathBuf>,
        text: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ManifestError> {
        let path = path.into();
        let folder = path.parent().unwrap_or(&path).to_owned();
        let reading = Reading {
            folder: &folder,
            resolves_files: false,
            environment,
        };
        if text.len() > MAX_MANIFEST_BYTES {
            return Err(too_large(&path));
        }
        read_document(path, text, &reading)
    }
}

/// What the text of a manifest refers to.
struct Reading<'a> {
    folder: &'a Path,
    resolves_files: bool,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

fn read_document(
    path: PathBuf,
    text: &str,
    reading: &Reading<'_>,
) -> Result<Manifest, ManifestError> {
    let file = File::new(&path, text);
    let document = DeTable::parse(text).map_err(|error| file.syntax_error(error))?;
    let root = Table::root(&file, document.get_ref());
    let version = read_version(&root)?;
    let variables = variables::read_application(&root, reading.environment)?;
    let mut warnings = Vec::new();
    let mut context = Context {
        folder: reading.folder,
        resolves_files: reading.resolves_files,
        variables: &variables,
        warnings: &mut warnings,
    };
    let parts = match version {
        Version::One => version_1::read(&root, &mut context)?,
        Version::Two => version_2::read(&root, &mut context)?,
    };
    if parts.routes.is_empty() {
        return Err(root.at().error(
            ManifestErrorKind::Unsupported,
            "the application has no HTTP trigger, and the harness supports no other; add a route to a component",
        ));
    }
    Ok(Manifest {
        name: parts.name,
        components: parts.components,
        routes: parts.routes,
        variables,
        warnings,
        path,
    })
}

fn too_large(path: &Path) -> ManifestError {
    let message = format!(
        "too long for a manifest (more than {MAX_MANIFEST_BYTES} bytes); {}",
        path_hint()
    );
    ManifestError::new(Place::file(path), ManifestErrorKind::TooLarge, message)
}

fn path_hint() -> String {
    format!("use the path of a manifest, or of a folder with a `{MANIFEST_FILE}`")
}

/// Reads the file, up to its maximum length.
fn read_text(path: &Path) -> Result<String, ManifestError> {
    let error = |kind, message: &str| ManifestError::new(Place::file(path), kind, message);
    let hint = path_hint();
    let unreadable = |cause: std::io::Error| {
        error(ManifestErrorKind::Io, &format!("{cause}; {hint}")).with_source(cause)
    };
    if !path.metadata().map_err(unreadable)?.is_file() {
        let message = format!("not a file; {hint}");
        return Err(error(ManifestErrorKind::Io, &message));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| {
            file.take(MAX_MANIFEST_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(unreadable)?;
    if bytes.len() > MAX_MANIFEST_BYTES {
        return Err(too_large(path));
    }
    String::from_utf8(bytes).map_err(|cause| {
        let cause = cause.utf8_error();
        let at = cause.valid_up_to();
        let message = format!("invalid UTF-8 at byte {at}; save the manifest as UTF-8");
        error(ManifestErrorKind::NotUtf8, &message).with_source(cause)
    })
}

fn read_version(root: &Table<'_>) -> Result<Version, ManifestError> {
    let old = root.get("spin_version");
    let is_old = old.is_some();
    let version = match old {
        Some(version) => version,
        None => root.require("spin_manifest_version", "spin_manifest_version = 2")?,
    };
    if version.as_string() == Some("1") {
        Ok(Version::One)
    } else if !is_old && version.is_integer("2") {
        Ok(Version::Two)
    } else {
        Err(version.at().error(
            ManifestErrorKind::UnknownVersion,
            format!(
                "unsupported manifest version, {}; use `spin_manifest_version = 2` (an integer) \
                 or `spin_manifest_version = \"1\"` (a string)",
                version.description_with_string()
            ),
        ))
    }
}

/// The absolute path of the folder that the manifest's paths are relative to.
fn folder_of(path: &Path) -> Result<PathBuf, ManifestError> {
    let absolute = std::path::absolute(path).map_err(|cause| {
        let message = format!("cannot determine the current folder: {cause}; use an absolute path");
        ManifestError::new(Place::file(path), ManifestErrorKind::Io, message).with_source(cause)
    })?;
    Ok(absolute.parent().unwrap_or(&absolute).to_owned())
}
