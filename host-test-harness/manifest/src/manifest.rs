//! The data of a manifest.

use std::fmt;
use std::path::PathBuf;

use http::{HeaderMap, StatusCode};

use crate::error::ManifestWarning;
use crate::mount::Mount;
use crate::route::RoutePattern;
use crate::variables::Variables;

/// An application's manifest, read and validated.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// The file, as the caller passed it, with `spin.toml` appended to a folder.
    pub path: PathBuf,
    /// The name of the application.
    pub name: String,
    /// The variables of the application with their values.
    pub variables: Variables,
    /// The components, in the order of the manifest. Components that are defined inside their triggers come last.
    pub components: Vec<ManifestComponent>,
    /// The routes, in the order of the manifest. Never empty; each names one of `components`, or has a response.
    pub routes: Vec<ManifestRoute>,
    /// Valid parts that may not mean what the author intended.
    pub warnings: Vec<ManifestWarning>,
}

/// A component of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestComponent {
    /// The id, in kebab case.
    pub id: String,
    /// The line of the component in the manifest, counted from 1.
    pub line: usize,
    /// Where the component comes from. [`Manifest::component_files`] returns the file.
    pub source: Source,
    /// The environment variables, in the order of the manifest. As in Spin, `{{ … }}` is not expanded.
    pub environment: Vec<(String, String)>,
    /// The files that the component may read, sorted by destination. The component may not write them.
    pub files: Vec<Mount>,
    /// The entries of `allowed_http_hosts`, as written. They add to `allowed_outbound_hosts`.
    pub allowed_http_hosts: Vec<AllowedHost>,
    /// The entries of `allowed_outbound_hosts`, as written, with `{{ … }}` not yet expanded.
    /// [`Variables::expand`] of the application's variables succeeds for each.
    pub allowed_outbound_hosts: Vec<AllowedHost>,
    /// The variables of the component (`config` in version 1) with their values.
    pub variables: Variables,
    /// The labels of the key-value stores that the component may open.
    pub key_value_stores: Vec<String>,
    /// How the component is built; `None` if the manifest has no `build` table.
    pub build: Option<Build>,
}

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The file or the place that Spin downloads it from.
    pub origin: SourceOrigin,
    /// The line of the key `source` in the manifest, counted from 1.
    pub line: usize,
    /// The path of the key from the root of the manifest.
    pub(crate) key: String,
}

/// The value of the key `source`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceOrigin {
    /// The absolute path of a file, which need not exist.
    File(PathBuf),
    /// A URL, which Spin downloads and the harness does not.
    Url(String),
    /// A package of a registry, which Spin downloads and the harness does not.
    #[non_exhaustive]
    Package {
        /// The name, such as `namespace:name`.
        name: String,
        /// The version, if the manifest has one.
        version: Option<String>,
    },
}

/// An entry of an allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowedHost {
    /// The entry as written.
    pub entry: String,
    /// The line of the entry in the manifest, counted from 1.
    pub line: usize,
    /// The path of the entry from the root of the manifest.
    pub(crate) key: String,
}

/// How a component is built, and which changes require a new build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The shell commands, which run one after the other.
    pub commands: Vec<String>,
    /// The absolute path of the folder that the commands run in. Defaults to the manifest's folder.
    pub workdir: PathBuf,
    /// Paths and patterns, relative to `workdir`. A change of a matching file requires a new build. Defaults to none.
    pub watch: Vec<String>,
}

/// What responds to the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestRoute {
    /// What responds.
    pub target: RouteTarget,
    /// The requests that it responds to.
    pub route: Route,
    /// The line of the trigger in the manifest, counted from 1.
    pub line: usize,
}

/// What responds to the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTarget {
    /// The component with this id.
    Component(String),
    /// The same response for every request, without a component.
    StaticResponse(StaticResponse),
}

/// A response without a component.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaticResponse {
    /// The status, 200 to 599. Defaults to 200.
    pub status: StatusCode,
    /// The header fields. Defaults to none.
    pub headers: HeaderMap,
    /// The body. Defaults to an empty one.
    pub body: String,
}

impl RouteTarget {
    /// The id of the component, if a component responds.
    #[must_use]
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Component(id) => Some(id),
            Self::StaticResponse(_) => None,
        }
    }
}

/// The id of the component, or `static response`.
impl fmt::Display for RouteTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.component().unwrap_or("static response"))
    }
}

/// The requests that a trigger handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Requests whose path matches.
    Path(RoutePattern),
    /// No requests from clients. Other components of the application can call the component by
    /// `http://ID.spin.internal/`.
    Private,
}

impl Manifest {
    /// Returns the component with this id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&ManifestComponent> {
        self.components.iter().find(|component| component.id == id)
    }
}
