//! The data of a manifest.

use std::path::PathBuf;

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
    /// The routes, in the order of the manifest. Never empty; each route names one of `components`.
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
    /// The absolute path of the component's file. It existed when the manifest was read.
    pub source: PathBuf,
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
    /// How the component is built; `None` if the manifest has no `build` table.
    pub build: Option<Build>,
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

/// The component that handles the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestRoute {
    /// The id of the component.
    pub component: String,
    /// The requests that the component handles.
    pub route: Route,
    /// The line of the trigger in the manifest, counted from 1.
    pub line: usize,
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
