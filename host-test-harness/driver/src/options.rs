//! How an application under test is loaded, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use spin_harness::Limits;
use spin_harness::recording::RecordMode;

/// How an application under test is loaded. One of `manifest` and `component` is needed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppOptions {
    /// A Spin manifest, or a folder with a `spin.toml`.
    pub manifest: Option<PathBuf>,
    /// A WebAssembly component. Its name is the file's.
    pub component: Option<PathBuf>,
    /// The ids of the components to load. Empty, the default, for all.
    pub only: Vec<String>,
    /// Files of components by id, instead of the manifest's `source`.
    pub component_files: BTreeMap<String, PathBuf>,
    /// Whether the build commands of the manifest run first. Defaults to `false`.
    pub build: bool,
    /// The permissions of every component, in the words of `allowed_outbound_hosts`. Defaults to those of the manifest;
    /// a component without a manifest has none.
    pub allowed_outbound_hosts: Option<Vec<String>>,
    /// Values of variables, above those of the environment and the manifest.
    pub variables: BTreeMap<String, String>,
    /// Environment variables of every component, above those of the manifest.
    pub environment: BTreeMap<String, String>,
    /// The limits, by their names in [`Limits`]. Defaults to [`Limits::default`].
    #[schemars(with = "Option<BTreeMap<String, Option<u64>>>")]
    pub limits: Option<Limits>,
    /// Records the outbound calls to a HAR file.
    pub record: Option<RecordOptions>,
    /// A HAR file that answers the outbound calls.
    pub replay: Option<PathBuf>,
    /// Whether waiting takes no time: the clock of the application jumps to the end of whatever everything waits for.
    /// Defaults to `false`.
    pub virtual_time: bool,
}

/// A recording of outbound calls.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOptions {
    /// The HAR file.
    pub file: PathBuf,
    /// `all`, `once`, `new-episodes` or `none`, see [`RecordMode`]. Defaults to `all`, as for `--record`.
    #[serde(default = "all", deserialize_with = "mode")]
    #[schemars(with = "Option<String>")]
    pub mode: RecordMode,
}

fn all() -> RecordMode {
    RecordMode::All
}

fn mode<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RecordMode, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}
