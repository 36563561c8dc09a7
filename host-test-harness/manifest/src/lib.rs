//! Reads Spin's application manifest (`spin.toml`), versions 1 and 2, and matches requests with its [routes](route).
//!
//! The crate has no runtime: it depends neither on wasmtime nor on tokio.
//!
//! A manifest that Spin accepts is accepted and has the same meaning, with these exceptions:
//!
//! | manifest | Spin | this crate | reason |
//! |---|---|---|---|
//! | two routes that match the same paths | the last one wins, with a warning | an error | a component without requests is a mistake |
//! | two components of version 1 with the same id | the last one wins | an error | as in version 2 |
//! | a `files` entry with `..`, an absolute path, or a symbolic link that leaves the folder | some are followed | an error | a guest reads only files of the application's folder |
//! | two files with the same destination | one of them wins | an error | the choice would be arbitrary |
//! | a `files` pattern without a match | ignored | a warning | it is usually a mistake |
//! | a component from a URL or registry, `dependencies`, middleware, Wagi | fetched, composed, run | an error with a hint, for a component from a URL or registry when it is loaded | the harness runs components from files |
//! | `profile` | selected by `--profile` | ignored | the harness runs the anonymous profile |
//! | `base` of version 1 | rejected since 3.0 | prefixed to each route | applications of that time use it |

mod allow_list;
mod component;
mod document;
mod env_file;
mod error;
mod files;
mod id;
mod manifest;
mod mount;
mod names;
mod nearest;
mod parts;
mod read;
pub mod route;
mod template;
mod trigger;
mod variables;
mod version_1;
mod version_2;

pub use env_file::ENV_FILE;
pub use error::{ManifestError, ManifestErrorKind, ManifestWarning};
pub use id::variable_name_problem;
pub use manifest::{
    AllowedHost, Build, Manifest, ManifestComponent, ManifestRoute, Route, RouteTarget, Source,
    SourceOrigin, StaticResponse,
};
pub use mount::Mount;
pub use nearest::nearest;
pub use read::{MANIFEST_FILE, MAX_MANIFEST_BYTES};
pub use template::TemplateError;
pub use variables::{VARIABLE_PREFIX, Variables};
