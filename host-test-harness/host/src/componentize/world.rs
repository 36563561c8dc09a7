//! What a component imports and exports: from the project's WIT, a folder, or the module itself.

use std::path::PathBuf;

use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup, WorldId, WorldKey};

use crate::componentize::boundary::Boundary;
use crate::componentize::guarded;
use crate::wasm_file::printable;
use crate::{Error, ErrorKind};

/// The one copy of the WIT, which the installed command carries within.
const SPIN_WIT: [(&str, &str); 3] = [
    (
        "http-types.wit",
        include_str!("../../../../wit/deps/fermyon-spin/http-types.wit"),
    ),
    (
        "http.wit",
        include_str!("../../../../wit/deps/fermyon-spin/http.wit"),
    ),
    (
        "inbound-http.wit",
        include_str!("../../../../wit/deps/fermyon-spin/inbound-http.wit"),
    ),
];
const WORLDS_WIT: (&str, &str) = ("worlds.wit", include_str!("../../../../wit/worlds.wit"));

/// The world that [`componentize`](crate::componentize) encodes a core module for.
///
/// A module may embed its own, in sections whose names begin with `component-type`, as the bindings of
/// Rust and C do. That is what counts then, and a world that is asked for must have the same exports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum World {
    /// What the module embeds; the default. A module that embeds nothing is a `command` if it
    /// exports `_start`, else an `http-trigger`.
    #[default]
    FromModule,
    /// It answers HTTP requests and may send some: exports `fermyon:spin/inbound-http`, imports `fermyon:spin/http`.
    HttpTrigger,
    /// A program that may send HTTP requests: imports `fermyon:spin/http`, and has `_start`.
    Command,
    /// A world of another WIT package.
    Package {
        /// A folder with WIT files and, for the packages it uses, a folder `deps`; or one WIT file.
        path: PathBuf,
        /// The world's name. `None` will do for a package with one world.
        world: Option<String>,
    },
}

/// A world with the definitions of all that it names.
pub(super) struct Contract {
    pub(super) resolve: Resolve,
    pub(super) id: WorldId,
    /// Whether the module carries it already.
    pub(super) is_embedded: bool,
}

impl Contract {
    /// The module's own contract, or else the one that is asked for.
    pub(super) fn of(core: &[u8], world: &World, boundary: &Boundary<'_>) -> Result<Self, Error> {
        let asked = match world {
            World::FromModule => None,
            World::HttpTrigger => Some(ours("http-trigger")?),
            World::Command => Some(ours("command")?),
            World::Package { path, world } => Some(package(path, world.as_deref())?),
        };
        if let Some(embedded) = embedded(core)? {
            if let Some(asked) = asked {
                embedded.must_export_what(&asked)?;
            }
            return Ok(embedded);
        }
        match asked {
            Some(asked) => Ok(asked),
            None if boundary.is_program() => ours("command"),
            None => ours("http-trigger"),
        }
    }

    pub(super) fn world(&self) -> &wit_parser::World {
        let world = self.resolve.worlds.get(self.id);
        world.expect("the id comes from this very resolve, which is not changed any more")
    }

    /// What a message calls it.
    pub(super) fn title(&self) -> String {
        if self.is_embedded {
            "the world that it embeds".to_owned()
        } else {
            format!("the world `{}`", self.world().name)
        }
    }

    fn must_export_what(&self, asked: &Self) -> Result<(), Error> {
        let (own, theirs) = (self.exports(), asked.exports());
        if own == theirs {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidOption,
            format!(
                "the core module embeds a world that exports {}, and {} exports {}: leave the world out, and the \
                 embedded one counts",
                list(&own),
                asked.title(),
                list(&theirs)
            ),
        ))
    }

    fn exports(&self) -> Vec<String> {
        let exports = self.world().exports.keys();
        let mut names: Vec<String> = exports.map(|key| self.name_of(key)).collect();
        names.sort();
        names
    }

    fn name_of(&self, key: &WorldKey) -> String {
        self.resolve.name_world_key(key)
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A world of this project.
fn ours(name: &str) -> Result<Contract, Error> {
    let broken = |error: String| {
        Error::new(
            ErrorKind::InvalidOption,
            format!("the WIT of this build cannot be read: {error}"),
        )
    };
    let mut resolve = Resolve::default();
    let spin = parse(&SPIN_WIT).map_err(broken)?;
    let worlds = parse(&[WORLDS_WIT]).map_err(broken)?;
    let package = resolve
        .push_groups(worlds, vec![spin])
        .map_err(|error| broken(format!("{error:?}")))?;
    let world = resolve
        .select_world(&[package], Some(name))
        .map_err(|error| broken(format!("{error:#}")))?;
    Ok(Contract {
        resolve,
        id: world,
        is_embedded: false,
    })
}

fn parse(files: &[(&str, &str)]) -> Result<UnresolvedPackageGroup, String> {
    let mut sources = SourceMap::default();
    for (name, text) in files {
        sources.push_str(name, *text);
    }
    sources
        .parse()
        .map_err(|(sources, error)| error.render(&sources))
}

/// A world of a package on disk.
fn package(path: &std::path::Path, world: Option<&str>) -> Result<Contract, Error> {
    let unusable = |error: String| {
        Error::new(
            ErrorKind::InvalidOption,
            format!("the WIT in {}: {error}", path.display()),
        )
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(path)
        .map_err(|error| unusable(format!("{error:#}")))?;
    let world = resolve
        .select_world(&[package], world)
        .map_err(|error| unusable(format!("{error:#}")))?;
    Ok(Contract {
        resolve,
        id: world,
        is_embedded: false,
    })
}

/// The world that the module carries, if it does.
fn embedded(core: &[u8]) -> Result<Option<Contract>, Error> {
    let decoded = guarded(|| wit_component::metadata::decode(core));
    let (stripped, bindings) = decoded.map_err(|error| {
        Error::new(
            ErrorKind::InvalidModule,
            printable(&format!(
                "the world that the core module embeds (`component-type`) cannot be read: {error:#}"
            )),
        )
    })?;
    Ok(stripped.map(|_| Contract {
        resolve: bindings.resolve,
        id: bindings.world,
        is_embedded: true,
    }))
}
