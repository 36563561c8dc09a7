//! Spin's application manifest (`spin.toml`), versions 1 and 2, as typed data.
//!
//! What Spin accepts is accepted, and means the same, with these exceptions:
//!
//! | situation | Spin | here | why |
//! |---|---|---|---|
//! | two routes that match the same paths | the last one wins, with a warning | an error | a component that nothing reaches is a mistake |
//! | two components of version 1 with one id | the last one wins | an error | as in version 2 |
//! | a `files` entry with `..`, an absolute one, a symbolic link out of the folder | some are followed | an error | a guest reads what is in the application's folder |
//! | two files at one path of the guest | either | an error | which one it is should not depend on chance |
//! | a `files` pattern without a match | nothing | a warning | it is a mistake, as a rule |
//! | component from a URL or registry, `dependencies`, middleware, `static_response`, Wagi | fetched, composed, run | an error with the way out | the harness runs components that are files |
//! | `profile` | chosen by `--profile` | not used | the anonymous profile is what runs |
//! | `base` of version 1 | refused since 3.0 | put before each route | applications of that time have it |

mod allow_list;
mod component;

mod document;
mod error;
mod id;
mod mount;
mod parts;
mod route;
mod template;
mod variables;
mod version_1;
mod version_2;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::component::Context;
use self::document::{File, Table};
use self::error::Place;
use crate::route::RoutePattern;

pub use error::{ManifestError, ManifestErrorKind, ManifestWarning};
pub use mount::Mount;
pub use template::TemplateError;
pub use variables::{VARIABLE_PREFIX, Variables};

/// The name of a manifest in its folder.
pub const MANIFEST_FILE: &str = "spin.toml";

/// A manifest may have this many bytes, 1 MiB: a hundred times what a long one has.
pub const MAX_MANIFEST_BYTES: usize = 1024 * 1024;

/// An application's manifest, read and checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// The file, as it was given; with `spin.toml` if it was a folder.
    pub path: PathBuf,
    /// Which version it is written in.
    pub version: ManifestVersion,
    /// The application's name.
    pub name: String,
    /// The application's variables with their values.
    pub variables: Variables,
    /// The components, in the manifest's order; those that stand inside their triggers come last.
    pub components: Vec<ManifestComponent>,
    /// The routes, in the manifest's order. There is at least one, and each names one of `components`.
    pub routes: Vec<ManifestRoute>,
    /// What works, and may not be what was meant.
    pub warnings: Vec<ManifestWarning>,
}

/// The version of a manifest's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManifestVersion {
    /// `spin_manifest_version = "1"` or `spin_version = "1"`, of Spin 1.
    One,
    /// `spin_manifest_version = 2`, of Spin 2 and later.
    Two,
}

/// A component of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestComponent {
    /// Its id, in kebab case.
    pub id: String,
    /// Where the manifest has it, counted from 1.
    pub line: usize,
    /// The component's file, absolute. It was there when the manifest was read.
    pub source: PathBuf,
    /// Its environment variables, in the manifest's order. Spin expands no `{{ … }}` in them.
    pub environment: Vec<(String, String)>,
    /// The files that it may read, none to write, sorted by destination.
    pub files: Vec<Mount>,
    /// The entries of `allowed_http_hosts`, as written. Both lists may have some: they add up.
    pub allowed_http_hosts: Vec<AllowedHost>,
    /// The entries of `allowed_outbound_hosts`, as written, the `{{ … }}` in them not yet
    /// expanded; [`Variables::expand`] of the application's variables succeeds for each.
    pub allowed_outbound_hosts: Vec<AllowedHost>,
    /// Its variables (`config` in version 1) with their values.
    pub variables: Variables,
    /// How it is built, if the manifest says so.
    pub build: Option<Build>,
}

/// An entry of an allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// The entry as written.
    pub entry: String,
    /// Where the manifest has it, counted from 1.
    pub line: usize,
}

/// How a component is built, and when anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The commands for a shell, one after the other.
    pub commands: Vec<String>,
    /// Where they run, absolute. Defaults to the manifest's folder.
    pub workdir: PathBuf,
    /// The paths and patterns, relative to `workdir`, whose change makes the component out of date.
    /// Defaults to none.
    pub watch: Vec<String>,
}

/// Which requests a component answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestRoute {
    /// The id of the trigger; Spin's own choice where the manifest has none.
    pub trigger: String,
    /// The id of the component.
    pub component: String,
    /// The requests.
    pub route: Route,
    /// Where the manifest has it, counted from 1.
    pub line: usize,
}

/// The requests that a trigger answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Those whose path matches.
    Path(RoutePattern),
    /// None from outside: only other components of the application call it,
    /// by `http://ID.spin.internal/`.
    Private,
}

impl Manifest {
    /// Reads a manifest, or the `spin.toml` of a folder.
    ///
    /// `environment` has the values of variables by the names that Spin gives them
    /// (`SPIN_VARIABLE_API_HOST` for `api_host`); most callers pass `&|name| std::env::var(name).ok()`.
    /// Each is asked for once. The files that components need must be there.
    ///
    /// ```
    /// use spin_harness::manifest::Manifest;
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
    /// let manifest = Manifest::read(&folder, &environment)?;
    /// let front = &manifest.components[0];
    /// assert_eq!(front.id, "front");
    /// let entry = &front.allowed_outbound_hosts[0].entry;
    /// assert_eq!(manifest.variables.expand(entry)?, "https://api.test");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with the first thing that is wrong; its kind is one of
    /// [`ManifestErrorKind`].
    pub fn read(
        path: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ManifestError> {
        let path = if path.is_dir() {
            path.join(MANIFEST_FILE)
        } else {
            path.to_owned()
        };
        let text = read_text(&path)?;
        let file = File::new(&path, &text);
        let document = DeTable::parse(&text).map_err(|error| file.syntax_error(error))?;
        let root = Table::root(&file, document.get_ref());
        let version = read_version(&root)?;
        let variables = variables::read_application(&root, environment)?;
        let mut warnings = Vec::new();
        let mut context = Context {
            folder: &folder_of(&path)?,
            variables: &variables,
            warnings: &mut warnings,
        };
        let parts = match version {
            ManifestVersion::One => version_1::read(&root, &mut context)?,
            ManifestVersion::Two => version_2::read(&root, &mut context)?,
        };
        if parts.routes.is_empty() {
            return Err(root.at().error(
                ManifestErrorKind::Unsupported,
                "the application has no HTTP trigger, and this harness has no other; give a component a route",
            ));
        }
        Ok(Self {
            version,
            name: parts.name,
            components: parts.components,
            routes: parts.routes,
            variables,
            warnings,
            path,
        })
    }

    /// The component with this id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&ManifestComponent> {
        self.components.iter().find(|component| component.id == id)
    }
}

/// The text of a manifest that is not too long.
fn read_text(path: &Path) -> Result<String, ManifestError> {
    let error = |kind, message: String| ManifestError::new(Place::file(path), kind, message);
    let unreadable = |cause: std::io::Error| {
        let message = format!("{cause}; name a manifest, or a folder with a `{MANIFEST_FILE}`");
        error(ManifestErrorKind::Io, message).with_source(cause)
    };
    if !path.metadata().map_err(unreadable)?.is_file() {
        let message =
            format!("this is no file; name a manifest, or a folder with a `{MANIFEST_FILE}`");
        return Err(error(ManifestErrorKind::Io, message));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| {
            file.take(MAX_MANIFEST_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(unreadable)?;
    if bytes.len() > MAX_MANIFEST_BYTES {
        let message = format!(
            "this is longer than {MAX_MANIFEST_BYTES} bytes, and no manifest is; name another file"
        );
        return Err(error(ManifestErrorKind::TooLarge, message));
    }
    String::from_utf8(bytes).map_err(|cause| {
        let cause = cause.utf8_error();
        let at = cause.valid_up_to();
        let message = format!("byte {at} is not UTF-8, which a manifest is; save it as UTF-8");
        error(ManifestErrorKind::NotUtf8, message).with_source(cause)
    })
}

fn read_version(root: &Table<'_>) -> Result<ManifestVersion, ManifestError> {
    let old = root.get("spin_version");
    let is_old = old.is_some();
    let version = match old {
        Some(version) => version,
        None => root.require("spin_manifest_version", "spin_manifest_version = 2")?,
    };
    if version.as_text() == Some("1") {
        Ok(ManifestVersion::One)
    } else if !is_old && version.is_integer("2") {
        Ok(ManifestVersion::Two)
    } else {
        Err(version.at().error(
            ManifestErrorKind::UnknownVersion,
            format!(
                "{} is no version of a manifest; write `spin_manifest_version = 2` (a number), \
                 or `spin_manifest_version = \"1\"` (a text)",
                version.shown()
            ),
        ))
    }
}

/// The folder that the manifest's paths are relative to, absolute.
fn folder_of(path: &Path) -> Result<PathBuf, ManifestError> {
    let absolute = std::path::absolute(path).map_err(|cause| {
        let message = format!("there is no current folder: {cause}; give an absolute path");
        ManifestError::new(Place::file(path), ManifestErrorKind::Io, message).with_source(cause)
    })?;
    Ok(absolute.parent().unwrap_or(&absolute).to_owned())
}
